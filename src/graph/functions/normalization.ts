import type { GraphBuilder } from '../builder.ts';
import { fixedDim, type Value } from '../value.ts';

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

/** `(x - mean) / sqrt(variance + epsilon) * scale + bias` over axis 1, on the statistics of the batch itself. */
export function batchNormalizationOfBatch(
  g: GraphBuilder,
  x: Value,
  { scale, bias }: Pick<Normalization, 'scale' | 'bias'>,
  epsilon: number,
): BatchNormalized {
  const shape = [fixedDim(x, 1)];
  const zeros = g.constant('zeros', 'float32', shape, new Float32Array(shape[0] ?? 0));
  // With a momentum of 0 the operator's "running" statistics are those of the batch.
  const attributes = { epsilon: { float: epsilon }, momentum: { float: 0 }, training_mode: 1 };
  const y = g.apply('BatchNormalization', [x, scale, bias, zeros, zeros], attributes);
  const further = (position: number): Value => g.furtherOutput(y, position, { dataType: 'float32', shape });
  return { y, mean: further(1), variance: further(2) };
}
