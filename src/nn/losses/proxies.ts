import {
  add,
  fixedDim,
  type GraphBuilder,
  gemm,
  l2Normalize,
  logSoftmax,
  mul,
  neg,
  numberLike,
  reciprocal,
  reduceMean,
  reduceSum,
  reshape,
  sqrt,
  type Value,
} from '../../graph/index.ts';

/**
 * Adds the learned proxies of a loss, one for each class: the parameter `NAME.proxies: float32[C,D]`, which begins with
 * random directions.
 */
export const proxiesOf = (g: GraphBuilder, name: string, embedding: Value, classes: number): Value =>
  g.parameter(`${name}.proxies`, [classes, fixedDim(embedding, 1)]);

/**
 * Adds the cosines of embeddings and proxies, `float32[N,C]`. The proxies' lengths divide the products: a copy of all
 * proxies, scaled, would cost more than the product where classes are many.
 */
export function cosinesTo(g: GraphBuilder, embedding: Value, proxies: Value): Value {
  const dots = gemm(g, l2Normalize(g, embedding), proxies, { transB: true });
  const squares = reduceSum(g, mul(g, proxies, proxies), [1], false);
  const inverse = reciprocal(g, sqrt(g, add(g, squares, numberLike(g, squares, 1e-12))));
  return mul(g, dots, reshape(g, inverse, [1, fixedDim(proxies, 0)]));
}

/** Adds the mean over the batch of minus the logarithm of the softmax of `logits: float32[N,C]` at the classes of `hot`. */
export function meanNegativeLogShare(g: GraphBuilder, logits: Value, hot: Value): Value {
  const own = reduceSum(g, mul(g, hot, logSoftmax(g, logits)), [1], false);
  return neg(g, reduceMean(g, own, [0], false));
}
