import type { Call, Operator } from './call.ts';
import { at, axisOf, forEachIndex, positionOf, sizeOf, type Tensor64 } from './tensor.ts';

type Reduction = (values: readonly number[]) => number;

/** Gathers the numbers that share an index off the reduced axes, and makes one of them. */
function reduced(x: Tensor64, axes: readonly number[], keep: boolean, reduction: Reduction): Tensor64 {
  const gone = new Set(axes.map((axis) => axisOf(axis, x.dims.length)));
  const ones = x.dims.map((dim, axis) => (gone.has(axis) ? 1 : dim));
  const groups: number[][] = Array.from({ length: sizeOf(ones) }, () => []);
  forEachIndex(x.dims, (index, position) => {
    const group = positionOf(
      ones,
      index.map((i, axis) => (gone.has(axis) ? 0 : i)),
    );
    groups[group]?.push(at(x.data, position));
  });
  const dims = keep ? ones : x.dims.filter((_, axis) => !gone.has(axis));
  return { dims, data: Float64Array.from(groups, reduction) };
}

const allAxes = (x: Tensor64): number[] => x.dims.map((_, axis) => axis);

/** In operator set 17 ReduceSum alone takes its axes as an input, the others as an attribute. */
const reduction =
  (axesOf: (call: Call) => number[] | undefined, reduce: Reduction): Operator =>
  (call) => {
    const x = call.input(0);
    const axes = axesOf(call);
    const nothing = call.node.opType === 'ReduceSum' && call.integer('noop_with_empty_axes', 0) === 1;
    const keep = call.integer('keepdims', 1) === 1;
    if (axes === undefined || axes.length === 0)
      return nothing ? [x] : [reduced(x, allAxes(x), keep, reduce)];
    return [reduced(x, axes, keep, reduce)];
  };

const attribute = (call: Call): number[] | undefined => call.integers('axes');
const total: Reduction = (values) => values.reduce((sum, value) => sum + value, 0);

export const reduceSum: Operator = reduction((call) => call.list(1), total);
export const reduceMean: Operator = reduction(attribute, (values) => total(values) / values.length);
export const reduceMax: Operator = reduction(attribute, (values) => Math.max(...values));
export const reduceSumSquare: Operator = reduction(attribute, (values) =>
  total(values.map((value) => value * value)),
);
