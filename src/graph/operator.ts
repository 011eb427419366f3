import type { Attributes, Graph, Node, OpType } from './graph.ts';
import { describe, type Value, type ValueType } from './value.ts';

/**
 * The gradient rule of an operator. Returns for each input a function that adds the nodes of its gradient, given the
 * gradient `dy` of the output, and returns it in the input's shape; undefined for an input that has no gradient. Only
 * the functions that are needed are called.
 */
export type GradientRule = (g: Graph, node: Node, dy: Value) => readonly ((() => Value) | undefined)[];

/** The builder's rules for an operator. */
export interface Operator {
  /** The domain and type that the node is written with, if it is not ONNX's operator of this name. */
  readonly onnx?: { readonly domain: string; readonly opType: string };
  /**
   * Returns the first output's type and shape for these inputs.
   *
   * @throws RangeError if the inputs do not fit; the message says why
   */
  readonly infer: (inputs: readonly Value[], attributes: Attributes) => ValueType;
  /** Absent if the output does not change smoothly with the inputs, as with comparisons and indices. */
  readonly gradient?: GradientRule;
  /** True if gradients end here, as at a constant. Default false. */
  readonly stopsGradient?: boolean;
}

/**
 * Returns the type and shape of an operator's output.
 *
 * @throws RangeError if the inputs do not fit; the message names the operator, its inputs and their shapes
 */
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
