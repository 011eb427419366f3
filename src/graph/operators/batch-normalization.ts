import type { GraphBuilder } from '../builder.ts';
import { demand, demandFloats, inputAt, type Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';

function infer(inputs: readonly Value[]): ValueType {
  demandFloats(inputs);
  const x = inputAt(inputs, 0);
  const channels = fixedDim(x, 1);
  for (let position = 1; position <= 4; position += 1) {
    const { shape } = inputAt(inputs, position);
    demand(
      shape.length === 1 && shape[0] === channels,
      `input ${position} must have one number for each of ${channels} channels`,
    );
  }
  return { dataType: x.dataType, shape: x.shape };
}

export const batchNormalizationOperator: Operator = { opType: 'BatchNormalization', infer };

/** The tensors of a batch normalisation, each `float32[C]`. */
export interface Normalization {
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/** `(x - mean) / sqrt(variance + epsilon) * scale + bias` over axis 1, on stored statistics. */
export function batchNormalization(g: GraphBuilder, x: Value, n: Normalization, epsilon: number): Value {
  return g.apply(batchNormalizationOperator, [x, n.scale, n.bias, n.mean, n.variance], {
    epsilon: { float: epsilon },
  });
}
