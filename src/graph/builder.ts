import {
  type DataType,
  irVersion,
  type ModelProto,
  makeGraph,
  makeModel,
  makeNode,
  makeTensor,
  makeValueInfo,
  type NodeProto,
  opset,
  type TensorProto,
  type TypedArray,
} from '../onnx/index.ts';
import { version } from '../version.ts';
import { check } from './checks.ts';
import type { Attributes, Graph, Node, OpType } from './graph.ts';
import { inferType } from './operator.ts';
import { operators } from './operators/index.ts';
import { parameterTensors } from './parameter-tensors.ts';
import { Scope } from './scope.ts';
import type { TrainingMode } from './training-mode.ts';
import { describe, type Shape, type Value, type ValueType } from './value.ts';

interface Output {
  readonly value: Value;
  readonly as: string;
}

/**
 * Builds an ONNX graph node by node and checks types and shapes as it goes. Parameters are named tensors whose numbers
 * are given at the end, to `build`, so one graph serves any weights.
 */
export class GraphBuilder implements Graph {
  readonly #name: string;
  readonly #training: TrainingMode | undefined;
  #keeps = false;
  readonly #protos = new Map<string, NodeProto>();
  readonly #nodes: Node[] = [];
  readonly #buffers = new Set<string>();
  readonly #updates = new Map<string, Value>();
  readonly #inputs: Value[] = [];
  readonly #outputs: Output[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #parameters = new Map<string, readonly number[]>();
  /** The domains of operators that are not ONNX's own. */
  readonly #domains = new Set<string>();
  readonly #scope: Scope;

  constructor(name: string, training?: TrainingMode) {
    this.#name = name;
    this.#training = training;
    this.#scope = new Scope(name);
  }

  /** The behaviour of the layers that are added; undefined for a graph that only infers. */
  get training(): TrainingMode | undefined {
    return this.#training && this.#keeps ? { ...this.#training, batchNorm: 'frozen' } : this.#training;
  }

  /** The inputs of the graph besides its parameters. */
  get inputs(): readonly Value[] {
    return this.#inputs;
  }

  /** The provider to train on; undefined for a graph that only infers. */
  get trainsOn(): 'cpu' | 'cuda' | undefined {
    return this.training && (this.training.provider ?? 'cpu');
  }

  /** The number of channels in a block of memory; undefined if depthwise convolutions may not use blocks. */
  get channelBlock(): number | undefined {
    return this.trainsOn === 'cpu' ? this.training?.channelBlock : undefined;
  }

  /** The nodes so far, each after the nodes it reads from: automatic differentiation walks them backwards. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** The names of the parameters that are not learned but follow the data, such as running statistics. */
  get buffers(): ReadonlySet<string> {
    return this.#buffers;
  }

  /** The values that parameters take after a training step, by parameter name. */
  get updates(): ReadonlyMap<string, Value> {
    return this.#updates;
  }

  /** The names and shapes of the parameters that `build` needs, in the order in which they were made. */
  get parameters(): ReadonlyMap<string, readonly number[]> {
    return this.#parameters;
  }

  /** Adds an input of the graph. */
  input(name: string, dataType: DataType, shape: Shape): Value {
    const value = this.#scope.define({ name, dataType, shape });
    this.#inputs.push(value);
    return value;
  }

  /** Adds a float32 tensor whose numbers are given to `build` under this name. */
  parameter(name: string, shape: readonly number[]): Value {
    const value = this.#scope.define({ name, dataType: 'float32', shape });
    this.#parameters.set(name, shape);
    if (this.#keeps) this.#buffers.add(name);
    return value;
  }

  /** Adds a parameter that is not learned: PyTorch's `register_buffer`. */
  buffer(name: string, shape: readonly number[]): Value {
    this.#buffers.add(name);
    return this.parameter(name, shape);
  }

  /**
   * Adds layers that training keeps as they are: their parameters are not learned, and their normalisations use the stored
   * statistics. No gradient flows into them.
   */
  keep<T>(make: () => T): T {
    this.#keeps = true;
    try {
      return make();
    } finally {
      this.#keeps = false;
    }
  }

  /**
   * Sets the value that a parameter takes after a training step.
   *
   * @throws RangeError if `parameter` is not one of this graph's, or `next` has another shape
   */
  update(parameter: Value, next: Value): void {
    const { name } = parameter;
    check(this.#parameters.has(name), `${name} is not a parameter of graph ${this.#name}.`);
    check(
      next.shape.join() === parameter.shape.join(),
      `${describe(next)} cannot replace ${describe(parameter)}.`,
    );
    this.#updates.set(name, next);
  }

  /**
   * Returns the value of a name.
   *
   * @throws RangeError if there is none
   */
  value(name: string): Value {
    return this.#scope.value(name);
  }

  /**
   * Adds a tensor whose numbers are part of the graph.
   *
   * @param prefix - how its name begins; a number is appended
   */
  constant(prefix: string, dataType: DataType, shape: readonly number[], data: TypedArray): Value {
    const name = this.#scope.unusedName(prefix);
    const value = this.#scope.define({ name, dataType, shape, constant: data });
    this.#constants.push(makeTensor(name, dataType, shape, data));
    return value;
  }

  /**
   * Adds a node and returns its first output.
   *
   * @throws RangeError if the inputs do not fit the operator
   */
  apply(opType: OpType, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const type = inferType(opType, operators[opType], inputs, attributes);
    for (const input of inputs) this.#scope.checkOwn(input, opType);
    const output = this.#scope.define({ name: this.#scope.unusedName(opType), ...type });
    const { name } = output;
    const names = inputs.map((input) => input.name);
    const written = operators[opType].onnx ?? { domain: '', opType };
    if (written.domain !== '') this.#domains.add(written.domain);
    this.#protos.set(name, makeNode({ name, ...written, inputs: names, outputs: [name], attributes }));
    this.#nodes.push({ opType, inputs, output, attributes });
    return output;
  }

  /**
   * Adds the nodes that `make` adds and records them as one node: its gradient is the operator's, however many nodes
   * compute it.
   *
   * @throws RangeError if the inputs do not fit the operator, or the nodes give another shape than the operator does
   */
  applyAs(opType: OpType, inputs: readonly Value[], attributes: Attributes, make: () => Value): Value {
    const type = inferType(opType, operators[opType], inputs, attributes);
    const before = this.#nodes.length;
    const output = make();
    check(
      describe(output) === describe(type),
      `${opType} must give ${describe(type)}, not ${describe(output)}.`,
    );
    this.#nodes.splice(before, this.#nodes.length, { opType, inputs, output, attributes });
    return output;
  }

  /**
   * Returns another output of the node that made `first`.
   *
   * @param position - counts from 1 and must follow the positions asked for before
   * @throws RangeError if `first` is not the first output of a node, or the position skips one
   */
  furtherOutput(first: Value, position: number, type: ValueType): Value {
    const name = `${first.name}.${position}`;
    const node = this.#protos.get(first.name);
    check(node !== undefined, `${first.name} is not the first output of a node.`);
    if (this.#scope.has(name)) return this.value(name);
    check(node.output.length === position, `Output ${position} of ${first.name} skips one.`);
    node.output.push(name);
    return this.#scope.define({ name, ...type });
  }

  /** Makes a value an output of the graph under a name. */
  output(value: Value, as: string): void {
    this.#scope.checkOwn(value, `Output ${as}`);
    this.#scope.define({ ...value, name: as });
    this.#outputs.push({ value, as });
  }

  /**
   * Returns the finished model. Without `parameters` they become inputs of the graph, after the others: a training step
   * is given its state each time.
   *
   * @throws RangeError if a parameter has no numbers or the wrong count of them, or the graph has no output
   */
  build(parameters?: ReadonlyMap<string, Float32Array>): ModelProto {
    check(this.#outputs.length > 0, `Graph ${this.#name} has no output.`);
    const tensors = parameters === undefined ? [] : parameterTensors(this.#parameters, parameters);
    const state = parameters === undefined ? [...this.#parameters.keys()] : [];
    const renames = this.#outputs.map(({ value, as }) =>
      makeNode({ name: as, opType: 'Identity', inputs: [value.name], outputs: [as] }),
    );
    const graph = makeGraph({
      name: this.#name,
      nodes: [...this.#protos.values(), ...renames],
      inputs: [...this.#inputs, ...state.map((name) => this.value(name))].map((value) =>
        makeValueInfo(value.name, value.dataType, value.shape),
      ),
      outputs: this.#outputs.map(({ value, as }) => makeValueInfo(as, value.dataType, value.shape)),
      initializers: [...tensors, ...this.#constants],
    });
    const others = Object.fromEntries([...this.#domains].map((domain) => [domain, 1]));
    return makeModel(graph, { '': opset, ...others }, irVersion, version);
  }
}
