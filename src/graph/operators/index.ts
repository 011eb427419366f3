import type { Operator } from '../operator.ts';
import { batchNormalizationOperator } from './batch-normalization.ts';
import { castOperator } from './cast.ts';
import { convOperator } from './conv.ts';
import {
  addOperator,
  clipOperator,
  mulOperator,
  powOperator,
  reciprocalOperator,
  reluOperator,
  subOperator,
} from './elementwise.ts';
import { flattenOperator } from './flatten.ts';
import { globalAveragePoolOperator } from './global-average-pool.ts';
import { maxPoolOperator } from './max-pool.ts';
import { transposeOperator } from './transpose.ts';

export { batchNormalization, type Normalization } from './batch-normalization.ts';
export { cast } from './cast.ts';
export { type ConvOptions, conv } from './conv.ts';
export { add, broadcast, clip, mul, pow, reciprocal, relu, sub } from './elementwise.ts';
export { flatten } from './flatten.ts';
export { globalAveragePool } from './global-average-pool.ts';
export { maxPool } from './max-pool.ts';
export { transpose } from './transpose.ts';

/** Every operator that graphs are built of, by its ONNX name. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  [
    addOperator,
    batchNormalizationOperator,
    castOperator,
    clipOperator,
    convOperator,
    flattenOperator,
    globalAveragePoolOperator,
    maxPoolOperator,
    mulOperator,
    powOperator,
    reciprocalOperator,
    reluOperator,
    subOperator,
    transposeOperator,
  ].map((operator) => [operator.opType, operator]),
);
