import type { AttributeProto, NodeProto, TensorProto } from '../../../src/onnx/index.ts';
import { at, type Tensor64 } from './tensor.ts';

/** The values of ONNX's `AttributeProto.AttributeType`. */
const kinds = { float: 1, integer: 2, string: 3, tensor: 4, integers: 7 } as const;

/**
 * What an operator is called with. It remembers what was asked for: an attribute or input that an operator does not
 * look at would make it compute something else than the node says, so `finish` throws.
 */
export class Call {
  readonly node: NodeProto;
  readonly #inputs: readonly (Tensor64 | undefined)[];
  readonly #unreadInputs: Set<number>;
  readonly #unread: Set<string>;

  constructor(node: NodeProto, inputs: readonly (Tensor64 | undefined)[]) {
    this.node = node;
    this.#inputs = inputs;
    this.#unreadInputs = new Set(
      inputs.flatMap((input, position) => (input === undefined ? [] : [position])),
    );
    this.#unread = new Set(node.attribute.map(({ name }) => name));
  }

  /** How many inputs the node has. */
  get count(): number {
    return this.#inputs.length;
  }

  input(position: number): Tensor64 {
    return this.optional(position) ?? this.#fail(`input ${position} is missing`);
  }

  optional(position: number): Tensor64 | undefined {
    this.#unreadInputs.delete(position);
    return this.#inputs[position];
  }

  /** An input of one number; the default when it is left out. */
  scalar(position: number, missing: number): number {
    const input = this.optional(position);
    return input === undefined ? missing : at(input.data, 0);
  }

  /** An input that is a list of numbers; undefined when it is left out. */
  list(position: number): number[] | undefined {
    const input = this.optional(position);
    return input && [...input.data];
  }

  integer(name: string, missing: number): number {
    const attribute = this.#attribute(name, kinds.integer);
    return attribute === undefined ? missing : Number(attribute.i);
  }

  /** Rounded to float32, which is what a file holds. */
  float(name: string, missing: number): number {
    return Math.fround(this.#attribute(name, kinds.float)?.f ?? missing);
  }

  integers(name: string): number[] | undefined {
    return this.#attribute(name, kinds.integers)?.ints.map(Number);
  }

  string(name: string, missing: string): string {
    const attribute = this.#attribute(name, kinds.string);
    return attribute === undefined ? missing : new TextDecoder().decode(attribute.s);
  }

  tensor(name: string): TensorProto | undefined {
    return this.#attribute(name, kinds.tensor)?.t;
  }

  /** Throws when the node says something that the operator did not ask for, or asks for more than it gave. */
  finish(outputs: readonly Tensor64[]): void {
    const [attribute] = this.#unread;
    if (attribute !== undefined) this.#fail(`the attribute ${attribute} is not known`);
    const [input] = this.#unreadInputs;
    if (input !== undefined) this.#fail(`the input ${input} is not known`);
    if (this.node.output.length > outputs.length) this.#fail(`there are only ${outputs.length} outputs`);
  }

  #attribute(name: string, kind: number): AttributeProto | undefined {
    this.#unread.delete(name);
    const attribute = this.node.attribute.find((candidate) => candidate.name === name);
    if (attribute !== undefined && attribute.type !== kind)
      this.#fail(`the attribute ${name} is of type ${attribute.type}, not ${kind}`);
    return attribute;
  }

  #fail(why: string): never {
    throw new Error(`${this.node.opType} ${this.node.name}: ${why}`);
  }
}

/** What an ONNX operator computes: its outputs in order. */
export type Operator = (call: Call) => Tensor64[];
