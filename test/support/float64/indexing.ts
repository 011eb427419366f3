import type { Call, Operator } from './call.ts';
import { at, axisOf, forEachIndex, generate, positionOf, read, type Tensor64 } from './tensor.ts';

/** An index along an axis, counted from the end when negative. */
const along = (i: number, size: number): number => (i < 0 ? i + size : i);

/** The whole of `indices` stands in the place of one axis of x. */
export const gather: Operator = (call) => {
  const [x, indices] = [call.input(0), call.input(1)];
  const axis = axisOf(call.integer('axis', 0), x.dims.length);
  const rank = indices.dims.length;
  const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
  const y = generate(dims, (index) => {
    const i = read(indices, index.slice(axis, axis + rank));
    return read(x, [...index.slice(0, axis), along(i, at(x.dims, axis)), ...index.slice(axis + rank)]);
  });
  return [y];
};

export const gatherElements: Operator = (call) => {
  const [x, indices] = [call.input(0), call.input(1)];
  const axis = axisOf(call.integer('axis', 0), x.dims.length);
  const from = (index: readonly number[]): number[] =>
    index.with(axis, along(read(indices, index), at(x.dims, axis)));
  return [generate(indices.dims, (index) => read(x, from(index)))];
};

/** How what is scattered meets what is there: replaces it, or is added. */
function reductionOf(call: Call): (old: number, update: number) => number {
  const reduction = call.string('reduction', 'none');
  if (reduction === 'none') return (_, update) => update;
  if (reduction === 'add') return (old, update) => old + update;
  throw new Error(`${call.node.opType}: the reduction ${reduction} is not known`);
}

/** A copy of x in which each number of `updates` has gone to the index that `target` says. */
function scattered(
  call: Call,
  [x, updates]: readonly [Tensor64, Tensor64],
  target: (index: readonly number[]) => number[],
): Tensor64 {
  const meet = reductionOf(call);
  const data = x.data.slice();
  forEachIndex(updates.dims, (index, position) => {
    const to = positionOf(x.dims, target(index));
    data[to] = meet(at(data, to), at(updates.data, position));
  });
  return { dims: [...x.dims], data };
}

export const scatterElements: Operator = (call) => {
  const [x, indices, updates] = [call.input(0), call.input(1), call.input(2)];
  const axis = axisOf(call.integer('axis', 0), x.dims.length);
  const target = (index: readonly number[]): number[] =>
    index.with(axis, along(read(indices, index), at(x.dims, axis)));
  return [scattered(call, [x, updates], target)];
};

/** The last axis of `indices[...,q]` says where in the first q axes of x a slice of `updates` goes. */
export const scatterNd: Operator = (call) => {
  const [x, indices, updates] = [call.input(0), call.input(1), call.input(2)];
  const rank = indices.dims.length - 1;
  const depth = at(indices.dims, rank);
  const target = (index: readonly number[]): number[] => {
    const row = index.slice(0, rank);
    const start = Array.from({ length: depth }, (_, k) => along(read(indices, [...row, k]), at(x.dims, k)));
    return [...start, ...index.slice(rank)];
  };
  return [scattered(call, [x, updates], target)];
};

/** `values` is [off, on]; an index that is no class gives only off. */
export const oneHot: Operator = (call) => {
  const [indices, depth, values] = [call.input(0), call.scalar(1, Number.NaN), call.input(2)];
  const axis = axisOf(call.integer('axis', -1), indices.dims.length + 1);
  const dims = indices.dims.toSpliced(axis, 0, depth);
  const on = (index: readonly number[]): boolean =>
    along(read(indices, index.toSpliced(axis, 1)), depth) === at(index, axis);
  return [generate(dims, (index) => at(values.data, Number(on(index))))];
};
