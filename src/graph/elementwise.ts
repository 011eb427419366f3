import { demand, demandFloats, inputAt } from './operator.ts';
import type { Dim, Shape, Value, ValueType } from './value.ts';

function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  return a === 1 ? b : undefined;
}

/** The shape of two tensors combined number by number, by NumPy's rule; undefined when they do not fit. */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const padded = (shape: Shape): Shape => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const other = padded(b);
  const dims = padded(a).map((dim, axis) => broadcastDim(dim, other[axis] ?? 1));
  return dims.every((dim) => dim !== undefined) ? dims : undefined;
}

/** The shape rule of an operator on two tensors, number by number. */
export function inferPair(inputs: readonly Value[]): ValueType {
  demandFloats(inputs);
  const [a, b] = [inputAt(inputs, 0), inputAt(inputs, 1)];
  const shape = broadcast(a.shape, b.shape);
  demand(shape !== undefined, 'shapes do not broadcast');
  return { dataType: a.dataType, shape };
}

/** The shape rule of an operator that changes each number of its first input and no shape. */
export function inferSame(inputs: readonly Value[]): ValueType {
  demandFloats(inputs);
  const { dataType, shape } = inputAt(inputs, 0);
  return { dataType, shape };
}

/** The shape rule of a comparison of two tensors, number by number. */
export function inferComparison(inputs: readonly Value[]): ValueType {
  const [a, b] = [inputAt(inputs, 0), inputAt(inputs, 1)];
  demand(a.dataType === b.dataType, 'both inputs must be of one type');
  const shape = broadcast(a.shape, b.shape);
  demand(shape !== undefined, 'shapes do not broadcast');
  return { dataType: 'bool', shape };
}
