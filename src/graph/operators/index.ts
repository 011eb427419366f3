import type { Operator, OpType } from '../operator.ts';
import { addOperator } from './add.ts';
import { batchNormalizationOperator } from './batch-normalization.ts';
import { castOperator } from './cast.ts';
import { clipOperator } from './clip.ts';
import { convOperator } from './conv.ts';
import { flattenOperator } from './flatten.ts';
import { globalAveragePoolOperator } from './global-average-pool.ts';
import { maxPoolOperator } from './max-pool.ts';
import { mulOperator } from './mul.ts';
import { powOperator } from './pow.ts';
import { reciprocalOperator } from './reciprocal.ts';
import { reluOperator } from './relu.ts';
import { subOperator } from './sub.ts';
import { transposeOperator } from './transpose.ts';

export { add } from './add.ts';
export { batchNormalization, type Normalization } from './batch-normalization.ts';
export { cast } from './cast.ts';
export { clip } from './clip.ts';
export { type ConvOptions, conv } from './conv.ts';
export { flatten } from './flatten.ts';
export { globalAveragePool } from './global-average-pool.ts';
export { maxPool } from './max-pool.ts';
export { mul } from './mul.ts';
export { pow } from './pow.ts';
export { reciprocal } from './reciprocal.ts';
export { relu } from './relu.ts';
export { sub } from './sub.ts';
export { transpose } from './transpose.ts';

/** Every operator that graphs are built of. One that `OpType` names and that is missing here does not compile. */
export const operators: Readonly<Record<OpType, Operator>> = {
  Add: addOperator,
  BatchNormalization: batchNormalizationOperator,
  Cast: castOperator,
  Clip: clipOperator,
  Conv: convOperator,
  Flatten: flattenOperator,
  GlobalAveragePool: globalAveragePoolOperator,
  MaxPool: maxPoolOperator,
  Mul: mulOperator,
  Pow: powOperator,
  Reciprocal: reciprocalOperator,
  Relu: reluOperator,
  Sub: subOperator,
  Transpose: transposeOperator,
};
