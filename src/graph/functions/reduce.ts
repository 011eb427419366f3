import type { GraphBuilder } from '../builder.ts';
import { fixedDim, fixedShape, type Value } from '../value.ts';
import { mul } from './arithmetic.ts';
import { matMul } from './linear.ts';
import { reshape, swapLast } from './shape.ts';

/** The sum over some axes, which stay as ones where `keep` is set; the tensor itself over none. */
export function reduceSum(g: GraphBuilder, x: Value, axes: readonly number[], keep: boolean): Value {
  if (axes.length === 0) return x;
  const list = g.constant('axes', 'int64', [axes.length], BigInt64Array.from(axes, BigInt));
  return g.apply('ReduceSum', [x, list], { keepdims: keep ? 1 : 0 });
}

/** The mean over some axes, which stay as ones where `keep` is set. */
export const reduceMean = (g: GraphBuilder, x: Value, axes: readonly number[], keep: boolean): Value =>
  g.apply('ReduceMean', [x], { axes, keepdims: keep ? 1 : 0 });

/** The largest number over some axes, which stay as ones where `keep` is set. */
export const reduceMax = (g: GraphBuilder, x: Value, axes: readonly number[], keep: boolean): Value =>
  g.apply('ReduceMax', [x], { axes, keepdims: keep ? 1 : 0 });

/** The sum over the axes along which a tensor of the shape of `target` was repeated to the shape of `x`. */
export function sumTo(g: GraphBuilder, x: Value, target: Value): Value {
  const shape = fixedShape(target);
  if (shape.length === 0) return reduceSum(g, x, [...x.shape.keys()], false);
  const added = x.shape.length - shape.length;
  const repeated = fixedShape(x).flatMap((dim, axis) =>
    (shape[axis - added] ?? 1) < dim || axis < added ? [axis] : [],
  );
  return repeated.length === 0 ? x : reshape(g, reduceSum(g, x, repeated, true), shape);
}

/** The sum of each channel of `[N,C]` or `[N,C,H,W]`: `[C]`. Maps first, which ONNX Runtime adds up fastest. */
export function sumOfChannels(g: GraphBuilder, x: Value): Value {
  const maps = x.shape.length > 2 ? reduceSum(g, x, [2, 3], false) : x;
  return reduceSum(g, maps, [0], false);
}

/** From this many numbers in a map on, a scalar product takes less time than to multiply and add up. */
const longMap = 256;

/** The sum of `a * b` of each channel: `[C]`. */
export function sumOfProducts(g: GraphBuilder, a: Value, b: Value): Value {
  const [batch = 1, channels = 1, ...map] = fixedShape(a);
  if (map.length === 0 || fixedDim(a, 2) * fixedDim(a, 3) < longMap) return sumOfChannels(g, mul(g, a, b));
  const rows = (x: Value): Value => reshape(g, x, [batch * channels, 1, fixedDim(x, 2) * fixedDim(x, 3)]);
  const products = matMul(g, rows(a), swapLast(g, rows(b)));
  return reduceSum(g, reshape(g, products, [batch, channels]), [0], false);
}
