import { check } from './checks.ts';
import { describe, isShape, type Value } from './value.ts';

/** The values of one graph by name: each has one definition and a name of its own. */
export class Scope {
  readonly #graph: string;
  readonly #values = new Map<string, Value>();
  /** For each prefix the first number that may be free. */
  readonly #numbers = new Map<string, number>();

  /** @param graph - the name of the graph, for messages */
  constructor(graph: string) {
    this.#graph = graph;
  }

  /** True if a value has this name. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /**
   * Returns the value of a name.
   *
   * @throws RangeError if there is none
   */
  value(name: string): Value {
    const value = this.#values.get(name);
    check(value !== undefined, `Graph ${this.#graph} has no value ${name}.`);
    return value;
  }

  /** Returns the prefix with a number that makes it a name no value has. */
  unusedName(prefix: string): string {
    let number = this.#numbers.get(prefix) ?? 0;
    while (this.#values.has(`${prefix}_${number}`)) number += 1;
    this.#numbers.set(prefix, number + 1);
    return `${prefix}_${number}`;
  }

  /**
   * Adds a value.
   *
   * @throws RangeError if its name is empty or taken, or a size is neither a whole number from 1 nor a name
   */
  define(value: Value): Value {
    const { name, shape } = value;
    check(name !== '', `A value of graph ${this.#graph} has no name.`);
    check(!this.#values.has(name), `${name} is taken twice in graph ${this.#graph}.`);
    check(
      isShape(shape),
      `${name} (${describe(value)}) has a size that is neither a whole number from 1 nor a name.`,
    );
    this.#values.set(name, value);
    return value;
  }

  /**
   * Checks that a value is this graph's: the value itself, as another graph's may have its name and another shape.
   *
   * @throws RangeError if it is not
   */
  checkOwn(value: Value, reader: string): void {
    const own = this.#values.get(value.name) === value;
    check(own, `${reader} reads ${value.name}, which is not in graph ${this.#graph}.`);
  }
}
