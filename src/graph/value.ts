import type { DataType } from '../onnx/index.ts';

/** The size of one axis: a number, or a name such as `N` for a size that is known only when the graph runs. */
export type Dim = number | string;

export type Shape = readonly Dim[];

/** The element type and shape of a tensor in a graph. */
export interface ValueType {
  readonly dataType: DataType;
  readonly shape: Shape;
}

/** A tensor in a graph: what a node reads or writes. */
export interface Value extends ValueType {
  readonly name: string;
}

/** A value as text for error messages: `float32[N,3,224,224]`. */
export const describe = ({ dataType, shape }: ValueType): string => `${dataType}[${shape.join(',')}]`;

/** The size of an axis that must be a number. Throws a `RangeError` for a symbolic or missing one. */
export function fixedDim(value: ValueType, axis: number): number {
  const dim = value.shape.at(axis);
  if (typeof dim === 'number') return dim;
  throw new RangeError(`axis ${axis} of ${describe(value)} is not a fixed size`);
}
