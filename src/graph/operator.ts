import type { AttributeValue } from '../onnx/index.ts';
import type { GraphBuilder } from './builder.ts';
import { describe, type Value, type ValueType } from './value.ts';

/** The names of the operators, ONNX's but for `BlockedConv`, that graphs are built of. `operators/index.ts` must have each. */
export type OpType =
  | 'Abs'
  | 'Add'
  | 'And'
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
  | 'Gather'
  | 'Gemm'
  | 'GlobalAveragePool'
  | 'Greater'
  | 'HardSigmoid'
  | 'Less'
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
  | 'ScatterElements'
  | 'ScatterND'
  | 'Sign'
  | 'Slice'
  | 'Softmax'
  | 'Sqrt'
  | 'Sub'
  | 'Transpose'
  | 'Where';

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One use of an operator in a graph: what a gradient rule is given. */
export interface Use {
  readonly inputs: readonly Value[];
  /** The first output. */
  readonly output: Value;
  readonly attributes: Attributes;
}

/**
 * For each input a function that adds the nodes of its gradient, given that of the output, and returns it in the
 * input's shape; undefined for an input that has none. Only the functions that are needed are called.
 */
export type GradientRule = (g: GraphBuilder, use: Use, dy: Value) => readonly ((() => Value) | undefined)[];

/** What the builder knows of an ONNX operator. */
export interface Operator {
  /** What the node says where that is not ONNX's operator of this name. */
  readonly onnx?: { readonly domain: string; readonly opType: string };
  /** The first output's type and shape for these inputs. Throws a `RangeError` that says why they do not fit. */
  readonly infer: (inputs: readonly Value[], attributes: Attributes) => ValueType;
  /** Absent where the output does not change smoothly with the inputs: comparisons, indices. */
  readonly gradient?: GradientRule;
}

/** The type and shape of an operator's output. Throws a `RangeError` that names the operator, its inputs and shapes. */
export function inferType(
  opType: OpType,
  operator: Operator,
  inputs: readonly Value[],
  attributes: Attributes,
): ValueType {
  try {
    return operator.infer(inputs, attributes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const given = inputs.map((input) => `${input.name}: ${describe(input)}`).join(', ');
    throw new RangeError(`${opType}(${given}): ${error.message}`, { cause: error });
  }
}

/** Throws a `RangeError` with the reason unless the condition holds. */
export function demand(condition: boolean, why: string): asserts condition {
  if (!condition) throw new RangeError(why);
}

/** The input at a position. Throws a `RangeError` when it is not there. */
export function inputAt(inputs: readonly Value[], position: number): Value {
  const input = inputs[position];
  demand(input !== undefined, `input ${position} is missing`);
  return input;
}

/** Throws a `RangeError` unless all inputs have one and the same floating-point type. */
export function demandFloats(inputs: readonly Value[]): void {
  const type = inputAt(inputs, 0).dataType;
  const alike = inputs.every(({ dataType }) => dataType === type);
  demand(type.startsWith('float') && alike, 'all inputs must be of one floating-point type');
}

/** Throws a `RangeError` unless the value has this many axes (its rank). */
export function demandRank(value: Value, rank: number): void {
  demand(value.shape.length === rank, `${value.name} must be of rank ${rank}`);
}

/** An attribute that is a list of numbers. */
export function integers(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name];
  if (Array.isArray(value)) return value;
  throw new TypeError(`attribute ${name} is no list of numbers: ${JSON.stringify(value)}`);
}
