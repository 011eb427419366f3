import { fixedDim, type GraphBuilder, gemm, type Value } from '../graph/index.ts';

const shared = (g: GraphBuilder, name: string, shape: readonly number[]): Value =>
  g.parameters.has(name) ? g.value(name) : g.parameter(name, shape);

/**
 * Adds a linear classifier, `embedding weight^T + bias`: `float32[N,C]`, with parameters `classifier.weight` and `.bias`.
 * A graph has one: the losses that are added share it.
 */
export function linearClassifier(g: GraphBuilder, embedding: Value, classes: number): Value {
  const weight = shared(g, 'classifier.weight', [classes, fixedDim(embedding, 1)]);
  const bias = shared(g, 'classifier.bias', [classes]);
  return gemm(g, embedding, weight, { transB: true, bias });
}
