import type { DataType, TypedArray } from './data-type.ts';
import type { GraphProto, NodeProto, TensorProto } from './generated/onnx_pb.ts';
import { type AttributeValue, makeNode } from './make.ts';
import { makeTensor, tensorData } from './tensor.ts';

/**
 * A graph that is made from another one. It answers questions about the original (constants, producers, readers) and
 * collects the nodes and constants of the result, whose inputs and outputs are those of the original.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { GraphEditor, decodeModel } from 'snapshelf/onnx';
 *
 * const model = decodeModel(await readFile('model.onnx'));
 * if (model.graph) console.log(new GraphEditor(model.graph).producerOf('embedding')?.opType);
 * ```
 */
export class GraphEditor {
  /** The nodes of the result, in order; empty at first. */
  readonly nodes: NodeProto[] = [];
  readonly #original: GraphProto;
  readonly #constants: Map<string, TensorProto>;
  readonly #producers: ReadonlyMap<string, NodeProto>;
  readonly #readers = new Map<string, NodeProto[]>();

  constructor(original: GraphProto) {
    this.#original = original;
    this.#constants = new Map(original.initializer.map((tensor) => [tensor.name, tensor]));
    this.#producers = new Map(
      original.node.flatMap((node) => node.output.map((name) => [name, node] as const)),
    );
    for (const node of original.node) {
      for (const name of node.input) {
        const readers = this.#readers.get(name);
        if (readers === undefined) this.#readers.set(name, [node]);
        else readers.push(node);
      }
    }
  }

  /** Returns the node of the original that makes a value; undefined for an input, a constant or an unknown name. */
  producerOf(name: string | undefined): NodeProto | undefined {
    return this.#producers.get(name ?? '');
  }

  /**
   * Returns the only reader of a value in the original; undefined if there are none or several, or if the value is an
   * output of the graph.
   */
  onlyReaderOf(name: string | undefined): NodeProto | undefined {
    const readers = this.#readers.get(name ?? '') ?? [];
    const isOutput = this.#original.output.some((output) => output.name === name);
    return readers.length === 1 && !isOutput ? readers[0] : undefined;
  }

  /** True if a value is a constant. */
  isConstant(name: string): boolean {
    return this.#constants.has(name);
  }

  /**
   * Returns a constant.
   *
   * @throws RangeError if there is none of that name
   */
  constant(name: string | undefined): TensorProto {
    const tensor = this.#constants.get(name ?? '');
    if (tensor === undefined) throw new RangeError(`${name} is not a constant of the graph.`);
    return tensor;
  }

  /**
   * Returns the numbers of a float32 constant.
   *
   * @throws RangeError if there is none of that name
   */
  numbers(name: string | undefined): Float32Array {
    return tensorData(this.constant(name)) as Float32Array;
  }

  /** Returns the first number of a constant; undefined if there is none of that name. */
  scalar(name: string | undefined): number | undefined {
    const tensor = this.#constants.get(name ?? '');
    return tensor === undefined ? undefined : Number(tensorData(tensor)[0]);
  }

  /** Adds a constant, or replaces the one of that name, and returns the name. */
  setConstant(name: string, type: DataType, dims: readonly number[], data: TypedArray): string {
    this.#constants.set(name, makeTensor(name, type, dims, data));
    return name;
  }

  /** Adds a node with one output and returns the output's name. */
  add(
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    this.nodes.push(makeNode({ name: `${opType}.${output}`, opType, inputs, outputs: [output], attributes }));
    return output;
  }

  /**
   * Returns the result: the nodes that were collected, and the constants that they or the outputs read and that no node
   * computes.
   */
  finish(): GraphProto {
    const read = this.readNames();
    const computed = new Set(this.nodes.flatMap(({ output }) => output));
    const initializer = [...this.#constants.values()].filter(
      ({ name }) => read.has(name) && !computed.has(name),
    );
    return { ...this.#original, node: this.nodes, initializer };
  }

  /** Returns the names of the values that nodes of the result or the graph's outputs read. */
  readNames(): ReadonlySet<string> {
    const outputs = this.#original.output.map(({ name }) => name);
    return new Set([...this.nodes.flatMap(({ input }) => input), ...outputs]);
  }
}
