import type { Graph } from '../graph.ts';
import { fixedDim, type Value } from '../value.ts';
import { add, mul, reciprocal, sqrt } from './arithmetic.ts';
import { numberLike } from './number.ts';
import { reduceSum } from './reduce.ts';

/** The tensors of a batch normalisation, each `float32[C]`. */
export interface Normalization {
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/** `(x - mean) / sqrt(variance + epsilon) * scale + bias` over axis 1, with the stored statistics. */
export function batchNormalization(g: Graph, x: Value, n: Normalization, epsilon: number): Value {
  return g.apply('BatchNormalization', [x, n.scale, n.bias, n.mean, n.variance], {
    epsilon: { float: epsilon },
  });
}

/** The outputs of a batch normalisation that uses the statistics of the batch. */
export interface BatchNormalized {
  readonly y: Value;
  /** `float32[C]`. */
  readonly mean: Value;
  /** `float32[C]`, the population variance: the sum of squares divided by the count. */
  readonly variance: Value;
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * scale + bias` over axis 1, with the statistics of the batch itself. The
 * stored statistics do not matter but must belong to this node alone: ONNX Runtime overwrites them.
 */
export function batchNormalizationOfBatch(
  g: Graph,
  x: Value,
  { scale, bias, mean, variance }: Normalization,
  epsilon: number,
): BatchNormalized {
  const shape = [fixedDim(x, 1)];
  // Computed, not constants, of which ONNX Runtime keeps one where several are equal.
  const scratch = [mean, variance].map((stored) => mul(g, stored, numberLike(g, stored, 0)));
  // With a momentum of 0 the operator's "running" statistics are those of the batch.
  const attributes = { epsilon: { float: epsilon }, momentum: { float: 0 }, training_mode: 1 };
  const y = g.apply('BatchNormalization', [x, scale, bias, ...scratch], attributes);
  const further = (position: number): Value => g.furtherOutput(y, position, { dataType: 'float32', shape });
  return { y, mean: further(1), variance: further(2) };
}

/** Every row of `x: float32[N,D]` scaled to length 1; a row of zeros stays as it is. */
export function l2Normalize(g: Graph, x: Value): Value {
  const squares = reduceSum(g, mul(g, x, x), [1], true);
  // Gives the length of a row of zeros an inverse.
  const length = sqrt(g, add(g, squares, numberLike(g, x, 1e-12)));
  return mul(g, x, reciprocal(g, length));
}
