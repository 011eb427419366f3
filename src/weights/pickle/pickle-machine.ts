import { invalid } from '../failures.ts';
import type { Budget } from './budget.ts';
import type { ByteReader } from './byte-reader.ts';
import { Foreign } from './foreign.ts';

/** The values outside a pickle that it may refer to. */
export interface PickleHost {
  readonly budget: Budget;
  /** Returns the value of a global name: for one that the reader does not know, a `Foreign`. */
  findGlobal(module: string, name: string): unknown;
  /** Returns the value of a persistent id: data outside the pickle. */
  loadPersistent(id: unknown): unknown;
}

/** A global that REDUCE may call; there is no other way in which a pickle reaches code. */
export class Constructor {
  readonly call: (args: readonly unknown[]) => unknown;

  constructor(call: (args: readonly unknown[]) => unknown) {
    this.call = call;
  }
}

/**
 * The state of the machine that runs a pickle: a stack, marks in it, and a memo. Tuples and lists are arrays. Dicts are
 * Maps, so that no key has a special meaning, not even `__proto__`.
 */
export class PickleMachine {
  readonly reader: ByteReader;
  readonly host: PickleHost;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(reader: ByteReader, host: PickleHost) {
    this.reader = reader;
    this.host = host;
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  top(): unknown {
    if (this.#stack.length <= this.#floor) throw invalid('The pickle takes from an empty stack.');
    return this.#stack.at(-1);
  }

  /** The height of the stack at the last mark; values below it are out of reach. */
  get #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  /**
   * Takes the `count` topmost values off the stack.
   *
   * @throws SnapshelfError `weights-invalid` if there are fewer above the last mark
   */
  popMany(count: number): unknown[] {
    const start = this.#stack.length - count;
    if (start < this.#floor) throw invalid('The pickle takes from an empty stack.');
    return this.#stack.splice(start);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /**
   * Takes the last mark and the values above it off the stack.
   *
   * @throws SnapshelfError `weights-invalid` if there is no mark
   */
  popMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw invalid('The pickle looks for a mark that was never set.');
    return this.#stack.splice(mark);
  }

  /** Keeps the topmost value in the memo under `key`, by default the next free number. */
  memoize(key: number = this.#memo.size): void {
    this.#memo.set(key, this.top());
  }

  recall(key: number): void {
    if (!this.#memo.has(key)) throw invalid(`The pickle recalls value ${key}, which it never kept.`);
    this.push(this.#memo.get(key));
  }

  /**
   * Returns the topmost list; what is appended to an opaque object is dropped.
   *
   * @throws SnapshelfError `weights-invalid` if the topmost value is no list
   */
  topList(): unknown[] {
    const list = this.top();
    if (list instanceof Foreign) return [];
    if (!Array.isArray(list)) throw invalid('The pickle appends to something that is not a list.');
    return list;
  }

  topDict(): Map<unknown, unknown> {
    const dict = this.top();
    if (dict instanceof Foreign) return dict.items;
    if (!(dict instanceof Map)) throw invalid('The pickle sets an item of something that is not a dict.');
    return dict;
  }

  popText(): string {
    const text = this.pop();
    if (typeof text !== 'string') throw invalid('The pickle names a global by something that is not text.');
    return text;
  }
}
