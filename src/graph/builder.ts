import {
  type DataType,
  type ModelProto,
  makeGraph,
  makeModel,
  makeNode,
  makeTensor,
  makeValueInfo,
  type NodeProto,
  type TensorProto,
  type TypedArray,
} from '../onnx/index.ts';
import { version } from '../version.ts';
import type { Attributes, Operator } from './operator.ts';
import type { Shape, Value } from './value.ts';

/** The operator set that graphs are written in, and the file format version that goes with it. */
export const opset = 17;
const irVersion = 8;

interface Output {
  readonly value: Value;
  readonly as: string;
}

/**
 * Builds an ONNX graph node by node, with types and shapes checked as it goes. Parameters are named tensors whose
 * numbers come at the end, in `build`, so that one graph serves any weights.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: NodeProto[] = [];
  readonly #inputs: Value[] = [];
  readonly #outputs: Output[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #parameters = new Map<string, readonly number[]>();
  readonly #names = new Set<string>();

  constructor(name: string) {
    this.#name = name;
  }

  /** The names and shapes of the parameters that `build` will ask for, in the order in which they were made. */
  get parameters(): ReadonlyMap<string, readonly number[]> {
    return this.#parameters;
  }

  /** An input of the graph. */
  input(name: string, dataType: DataType, shape: Shape): Value {
    const value = { name: this.#claim(name), dataType, shape };
    this.#inputs.push(value);
    return value;
  }

  /** A float32 tensor whose numbers `build` is given under this name. */
  parameter(name: string, shape: readonly number[]): Value {
    this.#parameters.set(this.#claim(name), shape);
    return { name, dataType: 'float32', shape };
  }

  /** A tensor whose numbers are part of the graph. */
  constant(label: string, dataType: DataType, shape: readonly number[], data: TypedArray): Value {
    const name = this.#claim(this.#unused(label));
    this.#constants.push(makeTensor(name, dataType, shape, data));
    return { name, dataType, shape };
  }

  /** Adds a node and returns its output. Throws a `RangeError` when the inputs do not fit the operator. */
  apply(operator: Operator, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const type = operator.infer(inputs, attributes);
    for (const { name } of inputs) {
      if (!this.#names.has(name))
        throw new RangeError(`${operator.opType} reads ${name}, which is not in this graph`);
    }
    const name = this.#claim(this.#unused(operator.opType));
    const { opType } = operator;
    this.#nodes.push(
      makeNode({ name, opType, inputs: inputs.map((input) => input.name), outputs: [name], attributes }),
    );
    return { name, ...type };
  }

  /** Makes a value an output of the graph under a name. */
  output(value: Value, as: string): void {
    this.#outputs.push({ value, as: this.#claim(as) });
  }

  /**
   * The finished model. Throws a `RangeError` when a parameter has no numbers or the wrong count of them.
   */
  build(parameters: ReadonlyMap<string, Float32Array>): ModelProto {
    const tensors = [...this.#parameters].map(([name, shape]) => {
      const data = parameters.get(name);
      if (data === undefined) throw new RangeError(`the parameter ${name} has no numbers`);
      return makeTensor(name, 'float32', shape, data);
    });
    const renames = this.#outputs.map(({ value, as }) =>
      makeNode({ name: as, opType: 'Identity', inputs: [value.name], outputs: [as] }),
    );
    const graph = makeGraph({
      name: this.#name,
      nodes: [...this.#nodes, ...renames],
      inputs: this.#inputs.map(({ name, dataType, shape }) => makeValueInfo(name, dataType, shape)),
      outputs: this.#outputs.map(({ value, as }) => makeValueInfo(as, value.dataType, value.shape)),
      initializers: [...tensors, ...this.#constants],
    });
    return makeModel(graph, { '': opset }, irVersion, version);
  }

  #unused(label: string): string {
    let number = 0;
    while (this.#names.has(`${label}_${number}`)) number += 1;
    return `${label}_${number}`;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) throw new RangeError(`the name ${name} is taken twice in graph ${this.#name}`);
    this.#names.add(name);
    return name;
  }
}
