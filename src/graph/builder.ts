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
import { type Attributes, demand, inferType, type OpType, type Use } from './operator.ts';
import { operators } from './operators/index.ts';
import { describe, isShape, type Shape, type Value, type ValueType } from './value.ts';

/** The operator set that graphs are written in, and the file format version that goes with it. */
export const opset = 17;
const irVersion = 8;

interface Output {
  readonly value: Value;
  readonly as: string;
}

/** A node of a graph: which operator, on what, giving what. */
export interface Application extends Use {
  readonly opType: OpType;
}

/** How layers behave while a network is trained. */
export interface TrainingMode {
  /** BatchNorm on the statistics of the batch, which also move the stored ones, or on the stored ones. */
  readonly batchNorm: 'batch' | 'frozen';
  /** Where the graph is to run: of several ways to say the same, the one that is fast there. Default `cpu`. */
  readonly provider?: 'cpu' | 'cuda' | undefined;
  /**
   * How many channels ONNX Runtime's CPU kernels keep side by side on the machine that the graph is to run on: then
   * depthwise convolutions use that layout, several times as fast. Default: they do not.
   */
  readonly channelBlock?: number | undefined;
}

/**
 * Builds an ONNX graph node by node, with types and shapes checked as it goes. Parameters are named tensors whose
 * numbers come at the end, in `build`, so that one graph serves any weights.
 */
export class GraphBuilder {
  readonly #name: string;
  /** Undefined for a graph that only infers. */
  readonly training: TrainingMode | undefined;
  readonly #nodes = new Map<string, NodeProto>();
  readonly #applications: Application[] = [];
  readonly #buffers = new Set<string>();
  readonly #updates = new Map<string, Value>();
  readonly #inputs: Value[] = [];
  readonly #outputs: Output[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #parameters = new Map<string, readonly number[]>();
  /** Of operators that are not ONNX's own. */
  readonly #domains = new Set<string>();
  readonly #values = new Map<string, Value>();
  /** For each label the first number that may be free. */
  readonly #numbers = new Map<string, number>();

  constructor(name: string, training?: TrainingMode) {
    this.#name = name;
    this.training = training;
  }

  /** The inputs of the graph besides its parameters. */
  get inputs(): readonly Value[] {
    return this.#inputs;
  }

  /** Whether the graph is one to train with on a CPU, where some ways to say the same are much faster than others. */
  get trainsOnCpu(): boolean {
    return this.training !== undefined && this.training.provider !== 'cuda';
  }

  /** Whether the graph is one to train with on CUDA, whose kernels are fewer. */
  get trainsOnCuda(): boolean {
    return this.training?.provider === 'cuda';
  }

  /** Channels of a block in memory, where depthwise convolutions may use blocks. */
  get channelBlock(): number | undefined {
    return this.trainsOnCpu ? this.training?.channelBlock : undefined;
  }

  /** The nodes so far, each after those that it reads from: what is walked backwards for gradients. */
  get applications(): readonly Application[] {
    return this.#applications;
  }

  /** The names of the parameters that are not learned but follow the data, such as running statistics. */
  get buffers(): ReadonlySet<string> {
    return this.#buffers;
  }

  /** What parameters are to be after a training step, by their names. */
  get updates(): ReadonlyMap<string, Value> {
    return this.#updates;
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

  /** A parameter that is not learned: PyTorch's `register_buffer`. */
  buffer(name: string, shape: readonly number[]): Value {
    this.#buffers.add(name);
    return this.parameter(name, shape);
  }

  /** Says what a parameter is to be after a training step. */
  update(parameter: Value, next: Value): void {
    const { name } = parameter;
    demand(this.#parameters.has(name), `${name} is no parameter of graph ${this.#name}`);
    demand(
      next.shape.join() === parameter.shape.join(),
      `${describe(next)} cannot follow ${describe(parameter)}`,
    );
    this.#updates.set(name, next);
  }

  /** The value of a name. Throws a `RangeError` when there is none. */
  value(name: string): Value {
    const value = this.#values.get(name);
    demand(value !== undefined, `graph ${this.#name} has no value ${name}`);
    return value;
  }

  /** A tensor whose numbers are part of the graph. */
  constant(label: string, dataType: DataType, shape: readonly number[], data: TypedArray): Value {
    const value = this.#define({ name: this.#unused(label), dataType, shape, constant: data });
    this.#constants.push(makeTensor(value.name, dataType, shape, data));
    return value;
  }

  /** Adds a node and returns its first output. Throws a `RangeError` when the inputs do not fit the operator. */
  apply(opType: OpType, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const type = inferType(opType, operators[opType], inputs, attributes);
    for (const input of inputs) this.#demandOwn(input, opType);
    const output = this.#define({ name: this.#unused(opType), ...type });
    const { name } = output;
    const names = inputs.map((input) => input.name);
    const said = operators[opType].onnx ?? { domain: '', opType };
    if (said.domain !== '') this.#domains.add(said.domain);
    this.#nodes.set(name, makeNode({ name, ...said, inputs: names, outputs: [name], attributes }));
    this.#applications.push({ opType, inputs, output, attributes });
    return output;
  }

  /**
   * Adds what `make` adds as one node: a gradient is that of the operator, however many nodes compute it. Throws a
   * `RangeError` when the inputs do not fit the operator or the nodes give another shape than it has.
   */
  applyAs(opType: OpType, inputs: readonly Value[], attributes: Attributes, make: () => Value): Value {
    const type = inferType(opType, operators[opType], inputs, attributes);
    const before = this.#applications.length;
    const output = make();
    demand(describe(output) === describe(type), `${opType} gives ${describe(type)}, not ${describe(output)}`);
    this.#applications.splice(before, this.#applications.length, { opType, inputs, output, attributes });
    return output;
  }

  /** Another output of the node that made `first`, at a position from 1, which must follow those asked for before. */
  furtherOutput(first: Value, position: number, type: ValueType): Value {
    const name = `${first.name}.${position}`;
    const node = this.#nodes.get(first.name);
    demand(node !== undefined, `${first.name} is not the first output of a node`);
    if (this.#values.has(name)) return this.value(name);
    demand(node.output.length === position, `output ${position} of ${first.name} skips one`);
    node.output.push(name);
    return this.#define({ name, ...type });
  }

  /** Makes a value an output of the graph under a name. */
  output(value: Value, as: string): void {
    this.#demandOwn(value, `output ${as}`);
    this.#define({ ...value, name: as });
    this.#outputs.push({ value, as });
  }

  /**
   * The finished model. Without numbers for the parameters they become inputs of the graph, after the others: a
   * training step is given its state each time. Throws a `RangeError` when a parameter has no numbers or the wrong
   * count of them, or when the graph has no output.
   */
  build(parameters?: ReadonlyMap<string, Float32Array>): ModelProto {
    demand(this.#outputs.length > 0, `graph ${this.#name} has no output`);
    const tensors = parameters === undefined ? [] : this.#tensors(parameters);
    const state =
      parameters === undefined ? [...this.#parameters.keys()].map((name) => this.value(name)) : [];
    const renames = this.#outputs.map(({ value, as }) =>
      makeNode({ name: as, opType: 'Identity', inputs: [value.name], outputs: [as] }),
    );
    const graph = makeGraph({
      name: this.#name,
      nodes: [...this.#nodes.values(), ...renames],
      inputs: [...this.#inputs, ...state].map(({ name, dataType, shape }) =>
        makeValueInfo(name, dataType, shape),
      ),
      outputs: this.#outputs.map(({ value, as }) => makeValueInfo(as, value.dataType, value.shape)),
      initializers: [...tensors, ...this.#constants],
    });
    const others = Object.fromEntries([...this.#domains].map((domain) => [domain, 1]));
    return makeModel(graph, { '': opset, ...others }, irVersion, version);
  }

  #tensors(parameters: ReadonlyMap<string, Float32Array>): TensorProto[] {
    return [...this.#parameters].map(([name, shape]) => {
      const data = parameters.get(name);
      if (data === undefined) throw new RangeError(`the parameter ${name} has no numbers`);
      return makeTensor(name, 'float32', shape, data);
    });
  }

  #unused(label: string): string {
    let number = this.#numbers.get(label) ?? 0;
    while (this.#values.has(`${label}_${number}`)) number += 1;
    this.#numbers.set(label, number + 1);
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
