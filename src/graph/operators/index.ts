import type { OpType } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { batchNormalizationOperator } from './batch-normalization.ts';
import { convolutions } from './convolutions.ts';
import { layout } from './layout.ts';
import { pointwise } from './pointwise.ts';
import { pooling } from './pooling.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';
import { sliceOperator } from './slice.ts';

/** The operators by their names in ONNX. */
export const operators: Readonly<Record<OpType, Operator>> = {
  ...pointwise,
  ...reductions,
  ...products,
  ...layout,
  ...pooling,
  ...convolutions,
  BatchNormalization: batchNormalizationOperator,
  Slice: sliceOperator,
};
