import { fixedDim, type GraphBuilder, gemm, type Value } from '../graph/index.ts';

/** Adds a linear classifier, `embedding weight^T + bias`: `float32[N,C]`, with parameters `classifier.weight` and `.bias`. */
export function linearClassifier(g: GraphBuilder, embedding: Value, classes: number): Value {
  const weight = g.parameter('classifier.weight', [classes, fixedDim(embedding, 1)]);
  const bias = g.parameter('classifier.bias', [classes]);
  return gemm(g, embedding, weight, { transB: true, bias });
}
