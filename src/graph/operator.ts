import type { AttributeValue } from '../onnx/index.ts';
import { describe, type Value, type ValueType } from './value.ts';

export type Attributes = Readonly<Record<string, AttributeValue>>;

/**
 * What the builder knows of an ONNX operator: here its shape rule; its gradient rule belongs beside it.
 * A rule gets inputs that are all there and throws a `RangeError` when they do not fit.
 */
export interface Operator {
  readonly opType: string;
  /** The output's type and shape for these inputs. */
  readonly infer: (inputs: readonly Value[], attributes: Attributes) => ValueType;
}

/** Throws the error of a shape rule, naming the operator and what it was given. */
export function mismatch(opType: string, inputs: readonly Value[], why: string): never {
  const given = inputs.map((input) => `${input.name}: ${describe(input)}`).join(', ');
  throw new RangeError(`${opType}(${given}): ${why}`);
}

/** The input at a position. Throws a `RangeError` when it is not there. */
export function inputAt(opType: string, inputs: readonly Value[], position: number): Value {
  return inputs[position] ?? mismatch(opType, inputs, `input ${position} is missing`);
}

/** An attribute that is a list of whole numbers. */
export function integers(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name];
  if (Array.isArray(value)) return value;
  throw new TypeError(`attribute ${name} is no list of numbers: ${JSON.stringify(value)}`);
}
