import type { Graph } from '../graph.ts';
import { fixedDim, fixedShape, type Value } from '../value.ts';
import { add, exp, log, mul, stopGradient, sub } from './arithmetic.ts';
import { matMul } from './linear.ts';
import { reshape, swapLast } from './shape.ts';

/** The sum over `axes`, which stay with size 1 if `keep` is set; `x` itself if there are no axes. */
export function reduceSum(g: Graph, x: Value, axes: readonly number[], keep: boolean): Value {
  if (axes.length === 0) return x;
  const list = g.constant('axes', 'int64', [axes.length], BigInt64Array.from(axes, BigInt));
  return g.apply('ReduceSum', [x, list], { keepdims: keep ? 1 : 0 });
}

/** The mean over `axes`, which stay with size 1 if `keep` is set. */
export const reduceMean = (g: Graph, x: Value, axes: readonly number[], keep: boolean): Value =>
  g.apply('ReduceMean', [x], { axes, keepdims: keep ? 1 : 0 });

/** The greatest number over `axes`, which stay with size 1 if `keep` is set. */
export const reduceMax = (g: Graph, x: Value, axes: readonly number[], keep: boolean): Value =>
  g.apply('ReduceMax', [x], { axes, keepdims: keep ? 1 : 0 });

/** The logarithm of the sum of e to the power of `x` over one axis, which stays with size 1, for numbers of any size. */
export function logSumExp(g: Graph, x: Value, axis: number): Value {
  // Whatever is taken away has no influence: gradients pass it by.
  const greatest = stopGradient(g, reduceMax(g, x, [axis], true));
  return add(g, log(g, reduceSum(g, exp(g, sub(g, x, greatest)), [axis], true)), greatest);
}

/** Undoes broadcasting: the sum of `x` over the axes along which the shape of `target` was repeated. */
export function sumTo(g: Graph, x: Value, target: Value): Value {
  const shape = fixedShape(target);
  if (shape.length === 0) return reduceSum(g, x, [...x.shape.keys()], false);
  const added = x.shape.length - shape.length;
  const repeated = fixedShape(x).flatMap((dim, axis) =>
    (shape[axis - added] ?? 1) < dim || axis < added ? [axis] : [],
  );
  return repeated.length === 0 ? x : reshape(g, reduceSum(g, x, repeated, true), shape);
}

/** The sum of each channel of `[N,C]` or `[N,C,H,W]`: `[C]`. Maps first, because ONNX Runtime sums them fastest. */
export function sumOfChannels(g: Graph, x: Value): Value {
  const maps = x.shape.length > 2 ? reduceSum(g, x, [2, 3], false) : x;
  return reduceSum(g, maps, [0], false);
}

/** The elements per map from which a scalar product is faster than a product and a sum. */
const longMap = 256;

/** The sum of `a * b` for each channel: `[C]`. */
export function sumOfProducts(g: Graph, a: Value, b: Value): Value {
  const [batch = 1, channels = 1, ...map] = fixedShape(a);
  if (map.length === 0 || fixedDim(a, 2) * fixedDim(a, 3) < longMap) return sumOfChannels(g, mul(g, a, b));
  const rows = (x: Value): Value => reshape(g, x, [batch * channels, 1, fixedDim(x, 2) * fixedDim(x, 3)]);
  const products = matMul(g, rows(a), swapLast(g, rows(b)));
  return reduceSum(g, reshape(g, products, [batch, channels]), [0], false);
}
