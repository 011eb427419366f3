import {
  type GraphBuilder,
  l2Normalize,
  matMul,
  mul,
  reduceMean,
  sub,
  swapLast,
  type Value,
} from '../../graph/index.ts';

/** Adds the cosine similarities of all pairs of rows of `float32[N,D]`: `float32[N,N]`. */
function similarities(g: GraphBuilder, embedding: Value): Value {
  const unit = l2Normalize(g, embedding);
  return matMul(g, unit, swapLast(g, unit));
}

/**
 * Adds the loss of similarity-preserving distillation: the mean squared difference between two networks' cosine
 * similarities of all pairs of pictures in a batch, `float32[]`, 0 to 4 (Tung and Mori 2019,
 * https://arxiv.org/abs/1907.09682, with cosines instead of products normalised by row).
 *
 * @param embedding `float32[N,D]`
 * @param teacher `float32[N,E]`
 */
export function similarityLoss(g: GraphBuilder, embedding: Value, teacher: Value): Value {
  const difference = sub(g, similarities(g, embedding), similarities(g, teacher));
  return reduceMean(g, mul(g, difference, difference), [0, 1], false);
}
