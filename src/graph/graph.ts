import type { AttributeValue, DataType, TypedArray } from '../onnx/index.ts';
import type { Value, ValueType } from './value.ts';

/** The names of the operators that graphs are built of. All but `BlockedConv` and `StopGradient` are ONNX's; `operators/index.ts` must have each. */
export type OpType =
  | 'Add'
  | 'AveragePool'
  | 'BatchNormalization'
  | 'BlockedConv'
  | 'Cast'
  | 'Clip'
  | 'Concat'
  | 'Conv'
  | 'ConvTranspose'
  | 'Div'
  | 'Equal'
  | 'Exp'
  | 'Expand'
  | 'Flatten'
  | 'Gemm'
  | 'GlobalAveragePool'
  | 'Greater'
  | 'HardSigmoid'
  | 'Log'
  | 'LogSoftmax'
  | 'MatMul'
  | 'MaxPool'
  | 'Mul'
  | 'Neg'
  | 'OneHot'
  | 'Pad'
  | 'Pow'
  | 'Reciprocal'
  | 'ReduceMax'
  | 'ReduceMean'
  | 'ReduceSum'
  | 'Relu'
  | 'ReorderInput'
  | 'ReorderOutput'
  | 'Reshape'
  | 'Scan'
  | 'ScatterElements'
  | 'Slice'
  | 'Softplus'
  | 'Sqrt'
  | 'StopGradient'
  | 'Sub'
  | 'Transpose';

/** The settings of a node by their ONNX names. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A node of a graph: an operator, its inputs and its first output. */
export interface Node {
  readonly opType: OpType;
  readonly inputs: readonly Value[];
  /** The first output. */
  readonly output: Value;
  readonly attributes: Attributes;
}

/** A graph that nodes can be added to: the part of `GraphBuilder` that functions and gradient rules need. */
export interface Graph {
  /**
   * The provider to train on, undefined for a graph that only infers: on a CPU some equivalent forms are much faster than
   * others, and CUDA's provider has fewer kernels.
   */
  readonly trainsOn: 'cpu' | 'cuda' | undefined;
  /** The number of channels in a block of memory; undefined if depthwise convolutions may not use blocks. */
  readonly channelBlock: number | undefined;
  /** The nodes so far, each after the nodes it reads from: automatic differentiation walks them backwards. */
  readonly nodes: readonly Node[];

  /**
   * Adds a tensor whose numbers are part of the graph.
   *
   * @param prefix - how its name begins; a number is appended
   */
  constant(prefix: string, dataType: DataType, shape: readonly number[], data: TypedArray): Value;

  /**
   * Adds a node and returns its first output.
   *
   * @throws RangeError if the inputs do not fit the operator
   */
  apply(opType: OpType, inputs: readonly Value[], attributes?: Attributes): Value;

  /**
   * Adds the nodes that `make` adds and records them as one node: its gradient is the operator's, however many nodes
   * compute it.
   *
   * @throws RangeError if the inputs do not fit the operator, or the nodes give another shape than the operator does
   */
  applyAs(opType: OpType, inputs: readonly Value[], attributes: Attributes, make: () => Value): Value;

  /**
   * Returns another output of the node that made `first`.
   *
   * @param position - counts from 1 and must follow the positions asked for before
   * @throws RangeError if `first` is not the first output of a node, or the position skips one
   */
  furtherOutput(first: Value, position: number, type: ValueType): Value;
}
