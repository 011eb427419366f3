import { countElements } from '../tensor/index.ts';
import type { GraphProto, NodeProto } from './generated/onnx_pb.ts';
import type { Shape } from './shapes.ts';

/** The most numbers per picture in any model: 1 GiB of float32. ResNet-101 of twice the width at 1024 px takes 2^27.8. */
const mostNumbers = 2 ** 28;
/** The most numbers for each number of a picture, in addition to `atLeast`; ResNet-50 on bytes takes 47, two networks side by side a few hundred. */
const mostPerPixel = 512;
const atLeast = 2 ** 22;
/** The most numbers made of constants alone, which ONNX Runtime computes when it loads the model. */
const mostConstants = 2 ** 27;

/**
 * Limits the numbers in memory at a time, for any order in which ONNX Runtime runs the nodes. At the end of a block, later
 * nodes read a single value of all that came before, so everything before it is finished when anything after it begins.
 * Therefore at most all values of the largest section between two such places are in memory.
 */
export class Occupancy {
  /** The place of the last node that reads each value; the graph's outputs are read after the last node. */
  readonly #lastReader = new Map<string, number>();
  readonly #alive = new Set<string>();
  readonly #constants: Set<string>;
  readonly #most: number;
  #section = 0;
  #folded = 0;

  /** @param inputs - the shapes of the values that exist before the first node */
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
   * Adds the output of the node at a place.
   *
   * @param numbers - the number of elements of the output
   * @throws RangeError if there are too many numbers, or nothing reads the output
   */
  add(at: number, { input, output: [name = ''] }: NodeProto, numbers: number): void {
    // An output that nobody reads could be computed at any time and would keep its inputs in memory.
    if (!this.#lastReader.has(name)) throw new RangeError('Nothing reads its output.');
    if (input.every((one) => this.#constants.has(one))) this.#fold(name, numbers);
    else this.#keep(at, input, name, numbers);
  }

  #fold(name: string, numbers: number): void {
    this.#constants.add(name);
    this.#folded += numbers;
    if (!(this.#folded <= mostConstants))
      throw new RangeError(`Constants become more than ${mostConstants} numbers.`);
  }

  #keep(at: number, input: readonly string[], name: string, numbers: number): void {
    this.#section += numbers;
    if (!(this.#section <= this.#most))
      throw new RangeError(`More than ${this.#most} numbers per picture could be in memory at a time.`);
    this.#alive.add(name);
    for (const one of input) if (this.#lastReader.get(one) === at) this.#alive.delete(one);
    if (this.#alive.size === 1 && this.#alive.has(name)) this.#section = numbers;
  }
}
