import type { Graph } from '../graph.ts';
import { fixedShape, type Value } from '../value.ts';

const integersOf = (g: Graph, prefix: string, numbers: readonly number[]): Value =>
  g.constant(prefix, 'int64', [numbers.length], BigInt64Array.from(numbers, BigInt));

/** The axes in another order: axis i of the result is axis `perm[i]` of the input. */
export function transpose(g: Graph, x: Value, perm: readonly number[]): Value {
  return g.apply('Transpose', [x], { perm });
}

/** `x` with its last two axes exchanged: each matrix transposed. */
export function swapLast(g: Graph, x: Value): Value {
  const rank = x.shape.length;
  return transpose(g, x, [...Array(rank).keys()].with(-1, rank - 2).with(-2, rank - 1));
}

/** The same elements in another shape; `x` itself if it has that shape. */
export function reshape(g: Graph, x: Value, shape: readonly number[]): Value {
  return x.shape.join() === shape.join() ? x : g.apply('Reshape', [x, integersOf(g, 'shape', shape)]);
}

/** All axes after the first joined: `[N,C,1,1]` to `[N,C]`. */
export const flatten = (g: Graph, x: Value): Value => g.apply('Flatten', [x], { axis: 1 });

/** `x` repeated along axes of size 1 (NumPy's broadcasting); `x` itself if it has that shape. */
export function expand(g: Graph, x: Value, shape: readonly number[]): Value {
  return x.shape.join() === shape.join() ? x : g.apply('Expand', [x, integersOf(g, 'shape', shape)]);
}

/** The parts joined along an axis. */
export function concat(g: Graph, parts: readonly Value[], axis: number): Value {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : g.apply('Concat', parts, { axis });
}

/** A part of one axis: the places `start`, `start + step`, ... before `end`. Negative bounds count from the end. */
export interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  /** Default 1. */
  readonly step?: number;
}

const isWhole = (x: Value, { axis, start, end, step = 1 }: Range): boolean =>
  start === 0 && end === x.shape[axis] && step === 1;

/** Ranges of some axes of `x`; `x` itself if they cover the whole axes. */
export function slice(g: Graph, x: Value, ranges: readonly Range[]): Value {
  const cut = ranges.filter((range) => !isWhole(x, range));
  if (cut.length === 0) return x;
  const list = (prefix: string, of: (range: Range) => number): Value => integersOf(g, prefix, cut.map(of));
  const starts = list('starts', ({ start }) => start);
  const ends = list('ends', ({ end }) => end);
  const axes = list('axes', ({ axis }) => axis);
  return g.apply('Slice', [x, starts, ends, axes, list('steps', ({ step }) => step ?? 1)]);
}

/** The number of zeros before and after the elements of an axis. */
export interface Padding {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

/** `x` with zeros around it; `x` itself if there are none to add. */
export function pad(g: Graph, x: Value, paddings: readonly Padding[]): Value {
  const rank = x.shape.length;
  const pads = Array<number>(2 * rank).fill(0);
  for (const { axis, before, after } of paddings) {
    pads[axis] = before;
    pads[axis + rank] = after;
  }
  return pads.every((count) => count === 0) ? x : g.apply('Pad', [x, integersOf(g, 'pads', pads)]);
}

/** A row of zeros with a one at each class number of `indices: int64[n]`: `float32[n,depth]`. */
export function oneHot(g: Graph, indices: Value, depth: number): Value {
  const values = g.constant('values', 'float32', [2], Float32Array.of(0, 1));
  return g.apply('OneHot', [indices, integersOf(g, 'depth', [depth]), values]);
}

/** `x[n]` with `updates[m]` added at the places `indices: int64[m]`. */
export const scatterElements = (g: Graph, x: Value, indices: Value, updates: Value): Value =>
  g.apply('ScatterElements', [x, indices, updates], { axis: 0, reduction: 'add' });

/** Undoes a reduction of `x` over `axes`, whether it kept them or not: its output repeated to the shape of `x`. */
export function spreadOver(g: Graph, reduced: Value, x: Value, axes: readonly number[]): Value {
  const shape = fixedShape(x);
  const ones = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return expand(g, reshape(g, reduced, ones), shape);
}
