import type { GraphBuilder } from '../builder.ts';
import { fixedShape, type Value } from '../value.ts';
import { numberLike } from './number.ts';

const integersOf = (g: GraphBuilder, label: string, numbers: readonly number[]): Value =>
  g.constant(label, 'int64', [numbers.length], BigInt64Array.from(numbers, BigInt));

/** The axes in another order: axis i of the result is axis `perm[i]` of the input. */
export function transpose(g: GraphBuilder, x: Value, perm: readonly number[]): Value {
  return g.apply('Transpose', [x], { perm });
}

/** The last two axes exchanged: each matrix transposed. */
export function swapLast(g: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  return transpose(g, x, [...Array(rank).keys()].with(-1, rank - 2).with(-2, rank - 1));
}

/** The same numbers in another shape; the tensor itself when it has that shape. */
export function reshape(g: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return x.shape.join() === shape.join() ? x : g.apply('Reshape', [x, integersOf(g, 'shape', shape)]);
}

/** All axes but the first made one: `[N,C,1,1]` to `[N,C]`. */
export const flatten = (g: GraphBuilder, x: Value): Value => g.apply('Flatten', [x], { axis: 1 });

/** Repeated along axes of size 1 (NumPy's broadcasting); the tensor itself when it has that shape. */
export function expand(g: GraphBuilder, x: Value, shape: readonly number[]): Value {
  return x.shape.join() === shape.join() ? x : g.apply('Expand', [x, integersOf(g, 'shape', shape)]);
}

/** One after the other along an axis. */
export function concat(g: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : g.apply('Concat', parts, { axis });
}

/** A part of one axis: places `start`, `start + step`, ... before `end`. Negative bounds count from the end. */
export interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  /** Default 1. */
  readonly step?: number;
}

const isWhole = (x: Value, { axis, start, end, step = 1 }: Range): boolean =>
  start === 0 && end === x.shape[axis] && step === 1;

/** Parts of some axes; the tensor itself when they are whole. */
export function slice(g: GraphBuilder, x: Value, ranges: readonly Range[]): Value {
  const cut = ranges.filter((range) => !isWhole(x, range));
  if (cut.length === 0) return x;
  const list = (label: string, of: (range: Range) => number): Value => integersOf(g, label, cut.map(of));
  const starts = list('starts', ({ start }) => start);
  const ends = list('ends', ({ end }) => end);
  const axes = list('axes', ({ axis }) => axis);
  return g.apply('Slice', [x, starts, ends, axes, list('steps', ({ step }) => step ?? 1)]);
}

/** Zeros before and after what an axis has. */
export interface Padding {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/** Zeros around a tensor; the tensor itself when there are none. */
export function pad(g: GraphBuilder, x: Value, paddings: readonly Padding[]): Value {
  const rank = x.shape.length;
  const pads = Array<number>(2 * rank).fill(0);
  for (const { axis, before, after } of paddings) {
    pads[axis] = before;
    pads[axis + rank] = after;
  }
  return pads.every((count) => count === 0) ? x : g.apply('Pad', [x, integersOf(g, 'pads', pads)]);
}

/** Rows of an axis by their numbers, `indices: int64[n]`. */
export const gather = (g: GraphBuilder, x: Value, indices: Value, axis = 0): Value =>
  g.apply('Gather', [x, indices], { axis });

/** For each class number `indices: int64[n]` a row of zeros with a one: `float32[n, depth]`. */
export function oneHot(g: GraphBuilder, indices: Value, depth: number): Value {
  const values = g.constant('values', 'float32', [2], Float32Array.of(0, 1));
  return g.apply('OneHot', [indices, integersOf(g, 'depth', [depth]), values]);
}

/** Zeros of a shape with `rows` added at the places `indices: int64[n,1]` of the first axis. */
export function scatterAdd(g: GraphBuilder, shape: readonly number[], indices: Value, rows: Value): Value {
  const zeros = expand(g, numberLike(g, rows, 0), shape);
  return g.apply('ScatterND', [zeros, indices, rows], { reduction: 'add' });
}

/** `x[n]` with `updates[m]` added at the places `indices: int64[m]`. */
export const scatterElements = (g: GraphBuilder, x: Value, indices: Value, updates: Value): Value =>
  g.apply('ScatterElements', [x, indices, updates], { axis: 0, reduction: 'add' });

/** Undoes a reduction over `axes`, whether it kept them or not: its output repeated in the shape of `x`. */
export function spreadOver(g: GraphBuilder, reduced: Value, x: Value, axes: readonly number[]): Value {
  const shape = fixedShape(x);
  const ones = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return expand(g, reshape(g, reduced, ones), shape);
}
