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
import { type Attributes, demand, inferType, type Operator } from './operator.ts';
import { describe, isShape, type Shape, type Value } from './value.ts';

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
  readonly #values = new Map<string, Value>();

  constructor(name: string) {
    this.#name = name;
  }

  /** The names and shapes of the parameters that `build` will ask for, in the order in which they were made. */
  get parameters(): ReadonlyMap<string, readonly number[]> {
    return this.#parameters;
  }

  /** An input of the graph. */
  input(name: string, dataType: DataType, shape: Shape): Value {
    const value = this.#define({ name, dataType, shape });
    this.#inputs.push(value);
    return value;
  }

  /** A float32 tensor whose numbers `build` is given under this name. */
  parameter(name: string, shape: readonly number[]): Value {
    const value = this.#define({ name, dataType: 'float32', shape });
    this.#parameters.set(name, shape);
    return value;
  }

  /** A tensor whose numbers are part of the graph. */
  constant(label: string, dataType: DataType, shape: readonly number[], data: TypedArray): Value {
    const value = this.#define({ name: this.#unused(label), dataType, shape });
    this.#constants.push(makeTensor(value.name, dataType, shape, data));
    return value;
  }

  /** Adds a node and returns its output. Throws a `RangeError` when the inputs do not fit the operator. */
  apply(operator: Operator, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const { opType } = operator;
    const type = inferType(operator, inputs, attributes);
    for (const input of inputs) this.#demandOwn(input, opType);
    const value = this.#define({ name: this.#unused(opType), ...type });
    const { name } = value;
    this.#nodes.push(
      makeNode({ name, opType, inputs: inputs.map((input) => input.name), outputs: [name], attributes }),
    );
    return value;
  }

  /** Makes a value an output of the graph under a name. */
  output(value: Value, as: string): void {
    this.#demandOwn(value, `output ${as}`);
    this.#define({ ...value, name: as });
    this.#outputs.push({ value, as });
  }

  /**
   * The finished model. Throws a `RangeError` when a parameter has no numbers or the wrong count of them, or when the
   * graph has no output.
   */
  build(parameters: ReadonlyMap<string, Float32Array>): ModelProto {
    demand(this.#outputs.length > 0, `graph ${this.#name} has no output`);
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
    while (this.#values.has(`${label}_${number}`)) number += 1;
    return `${label}_${number}`;
  }

  /** Every value has one definition, a name of its own and sizes that are sizes. */
  #define(value: Value): Value {
    const { name, shape } = value;
    demand(name !== '', `a value of graph ${this.#name} has no name`);
    demand(!this.#values.has(name), `the name ${name} is taken twice in graph ${this.#name}`);
    demand(
      isShape(shape),
      `${name}: ${describe(value)} has a size that is no whole number from 1 and no name`,
    );
    this.#values.set(name, value);
    return value;
  }

  /** Compares the value itself: another graph's may have the same name and another shape. */
  #demandOwn(value: Value, reader: string): void {
    const own = this.#values.get(value.name) === value;
    demand(own, `${reader} reads ${value.name}, which is not in graph ${this.#name}`);
  }
}
