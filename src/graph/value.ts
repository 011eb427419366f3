import type { DataType, TypedArray } from '../onnx/index.ts';

/** The size of one axis: a number, or a name such as `N` for a size that is known only when the graph runs. */
export type Dim = number | string;

/** The sizes of a tensor's axes. */
export type Shape = readonly Dim[];

/** The element type and shape of a tensor in a graph. */
export interface ValueType {
  readonly dataType: DataType;
  readonly shape: Shape;
}

/** A tensor in a graph, which nodes read or write. */
export interface Value extends ValueType {
  readonly name: string;
  /** The numbers of a constant: the shape rules of `Reshape`, `Slice` and similar operators read them. */
  readonly constant?: TypedArray | undefined;
}

/** True if every axis has a size: a whole number from 1, or a name. */
export const isShape = (shape: Shape): boolean =>
  shape.every((dim) => (typeof dim === 'string' ? dim !== '' : Number.isSafeInteger(dim) && dim >= 1));

/** A value as text for error messages: `float32[N,3,224,224]`. */
export const describe = ({ dataType, shape }: ValueType): string => `${dataType}[${shape.join(',')}]`;

/**
 * Returns the size of an axis.
 *
 * @throws RangeError if it is symbolic or there is no such axis
 */
export function fixedDim(value: ValueType, axis: number): number {
  const dim = value.shape.at(axis);
  if (typeof dim === 'number') return dim;
  throw new RangeError(`Axis ${axis} of ${describe(value)} has no fixed size.`);
}

/** True if every size is a number. */
export const isFixed = (shape: Shape): shape is readonly number[] =>
  shape.every((dim) => typeof dim === 'number');

/**
 * Returns the shape as numbers.
 *
 * @throws RangeError if a size is symbolic: gradients are built for a fixed batch
 */
export const fixedShape = (value: Value): readonly number[] =>
  value.shape.map((_, axis) => fixedDim(value, axis));

/**
 * Returns the numbers of a constant input.
 *
 * @throws RangeError if it is computed instead
 */
export function constantNumbers(value: Value): readonly number[] {
  if (value.constant === undefined) throw new RangeError(`${value.name} must be a constant.`);
  return Array.from(value.constant, Number);
}
