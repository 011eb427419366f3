import type { GraphBuilder } from '../builder.ts';
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

/** `(x - mean) / sqrt(variance + epsilon) * scale + bias` over axis 1, on stored statistics. */
export function batchNormalization(g: GraphBuilder, x: Value, n: Normalization, epsilon: number): Value {
  return g.apply('BatchNormalization', [x, n.scale, n.bias, n.mean, n.variance], {
    epsilon: { float: epsilon },
  });
}

/** What a batch normalisation on the statistics of the batch gives. */
export interface BatchNormalized {
  readonly y: Value;
  /** `float32[C]`. */
  readonly mean: Value;
  /** `float32[C]`, the population's: the sum of squares over the count. */
  readonly variance: Value;
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * scale + bias` over axis 1, on the statistics of the batch itself. The
 * stored statistics do not matter, but must be this node's own: ONNX Runtime writes the batch's over them.
 */
export function batchNormalizationOfBatch(
  g: GraphBuilder,
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

/** Every row of `x: float32[N,D]` at length 1; a row of zeros stays zeros. */
export function l2Normalize(g: GraphBuilder, x: Value): Value {
  const squares = reduceSum(g, mul(g, x, x), [1], true);
  // So that the length of a row of zeros has an inverse.
  const length = sqrt(g, add(g, squares, numberLike(g, x, 1e-12)));
  return mul(g, x, reciprocal(g, length));
}
