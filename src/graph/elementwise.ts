import { check, checkFloats, firstInputs, inputAt } from './checks.ts';
import type { Dim, Shape, Value, ValueType } from './value.ts';

function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  return a === 1 ? b : undefined;
}

/** Returns the shape of two tensors combined element by element by NumPy's rule; undefined if they do not fit. */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const padded = (shape: Shape): Shape => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const other = padded(b);
  const dims = padded(a).map((dim, axis) => broadcastDim(dim, other[axis] ?? 1));
  return dims.every((dim) => dim !== undefined) ? dims : undefined;
}

/**
 * The shape rule of an element-wise operator on two tensors.
 *
 * @throws RangeError if types or shapes do not fit
 */
export function inferPair(inputs: readonly Value[]): ValueType {
  checkFloats(inputs);
  const [a, b] = firstInputs(inputs, 2);
  const shape = broadcast(a.shape, b.shape);
  check(shape !== undefined, 'The shapes do not broadcast.');
  return { dataType: a.dataType, shape };
}

/**
 * The shape rule of an element-wise operator on its first input.
 *
 * @throws RangeError if the inputs are not of one floating-point type
 */
export function inferSame(inputs: readonly Value[]): ValueType {
  checkFloats(inputs);
  const { dataType, shape } = inputAt(inputs, 0);
  return { dataType, shape };
}

/**
 * The shape rule of a comparison of two tensors of one type, element by element.
 *
 * @throws RangeError if types or shapes do not fit
 */
export function inferComparison(inputs: readonly Value[]): ValueType {
  const [a, b] = firstInputs(inputs, 2);
  const shape = broadcast(a.shape, b.shape);
  check(a.dataType === b.dataType, 'Both inputs must have the same type.');
  check(shape !== undefined, 'The shapes do not broadcast.');
  return { dataType: 'bool', shape };
}
