import { countElements } from '../tensor/index.ts';
import type { GraphProto, NodeProto } from './generated/onnx_pb.ts';
import type { Shape } from './shapes.ts';

/** Numbers that a picture may take in any model: 1 GiB of float32. ResNet-101 of twice the width at 1024 px takes 2^27.8. */
const mostNumbers = 2 ** 28;
/** The same of a model for small pictures, for each number of a picture and besides; ResNet-50 on bytes takes 47. */
const mostPerPixel = 128;
const atLeast = 2 ** 22;
/** Numbers that are made of constants alone, which ONNX Runtime computes when it loads the model. */
const mostConstants = 2 ** 27;

/**
 * Bounds what is in memory at a time, in whatever order ONNX Runtime takes the nodes. Where a single value is all that
 * later nodes read of what came before (the end of a block), everything before it is over when anything after it begins:
 * so no more is alive than all values of the largest section between two such places.
 */
export class Occupancy {
  /** The place of the last node that reads a value; those of the graph's outputs stay. */
  readonly #lastReader = new Map<string, number>();
  readonly #alive = new Set<string>();
  readonly #constants: Set<string>;
  readonly #most: number;
  #section = 0;
  #folded = 0;

  /** @param inputs what is there before the first node */
  constructor({ node, output, initializer }: GraphProto, inputs: ReadonlyMap<string, Shape>) {
    for (const [at, { input }] of node.entries()) for (const name of input) this.#lastReader.set(name, at);
    for (const { name } of output) this.#lastReader.set(name, node.length);
    this.#constants = new Set(['', ...initializer.map(({ name }) => name)]);
    for (const [name, shape] of inputs) {
      this.#alive.add(name);
      this.#section += countElements(shape);
    }
    this.#most = Math.min(mostNumbers, atLeast + mostPerPixel * this.#section);
  }

  /**
   * Notes what the node at a place makes: so many numbers.
   * @throws RangeError when that is more than may be alive, or nothing reads it.
   */
  add(at: number, { input, output: [name = ''] }: NodeProto, numbers: number): void {
    // What nobody reads may be computed at any time, and keeps alive what it is computed from.
    if (!this.#lastReader.has(name)) throw new RangeError('nothing reads what it gives');
    if (input.every((one) => this.#constants.has(one))) this.#fold(name, numbers);
    else this.#keep(at, input, name, numbers);
  }

  #fold(name: string, numbers: number): void {
    this.#constants.add(name);
    this.#folded += numbers;
    if (!(this.#folded <= mostConstants))
      throw new RangeError(`constants become more than ${mostConstants} numbers`);
  }

  #keep(at: number, input: readonly string[], name: string, numbers: number): void {
    this.#section += numbers;
    if (!(this.#section <= this.#most))
      throw new RangeError(`more than ${this.#most} numbers a picture may be alive at a time`);
    this.#alive.add(name);
    for (const one of input) if (this.#lastReader.get(one) === at) this.#alive.delete(one);
    if (this.#alive.size === 1 && this.#alive.has(name)) this.#section = numbers;
  }
}
