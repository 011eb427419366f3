import type { OpType } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { absOperator } from './abs.ts';
import { addOperator } from './add.ts';
import { averagePoolOperator } from './average-pool.ts';
import { batchNormalizationOperator } from './batch-normalization.ts';
import { blockedConvOperator, reorderInputOperator, reorderOutputOperator } from './blocked-conv.ts';
import { castOperator } from './cast.ts';
import { clipOperator } from './clip.ts';
import { concatOperator } from './concat.ts';
import { convOperator } from './conv.ts';
import { convTransposeOperator } from './conv-transpose.ts';
import { divOperator } from './div.ts';
import { equalOperator } from './equal.ts';
import { expOperator } from './exp.ts';
import { expandOperator } from './expand.ts';
import { flattenOperator } from './flatten.ts';
import { gatherOperator } from './gather.ts';
import { gemmOperator } from './gemm.ts';
import { globalAveragePoolOperator } from './global-average-pool.ts';
import { greaterOperator } from './greater.ts';
import { hardSigmoidOperator } from './hard-sigmoid.ts';
import { logOperator } from './log.ts';
import { logSoftmaxOperator } from './log-softmax.ts';
import { matMulOperator } from './mat-mul.ts';
import { maxPoolOperator } from './max-pool.ts';
import { mulOperator } from './mul.ts';
import { negOperator } from './neg.ts';
import { oneHotOperator } from './one-hot.ts';
import { padOperator } from './pad.ts';
import { powOperator } from './pow.ts';
import { reciprocalOperator } from './reciprocal.ts';
import { reduceMaxOperator } from './reduce-max.ts';
import { reduceMeanOperator } from './reduce-mean.ts';
import { reduceSumOperator } from './reduce-sum.ts';
import { reluOperator } from './relu.ts';
import { reshapeOperator } from './reshape.ts';
import { scatterElementsOperator } from './scatter-elements.ts';
import { scatterNDOperator } from './scatter-nd.ts';
import { signOperator } from './sign.ts';
import { sliceOperator } from './slice.ts';
import { softmaxOperator } from './softmax.ts';
import { sqrtOperator } from './sqrt.ts';
import { subOperator } from './sub.ts';
import { transposeOperator } from './transpose.ts';
import { whereOperator } from './where.ts';

/** Every operator that graphs are built of. One that `OpType` names and that is missing here does not compile. */
export const operators: Readonly<Record<OpType, Operator>> = {
  Abs: absOperator,
  Add: addOperator,
  AveragePool: averagePoolOperator,
  BatchNormalization: batchNormalizationOperator,
  BlockedConv: blockedConvOperator,
  Cast: castOperator,
  Clip: clipOperator,
  Concat: concatOperator,
  Conv: convOperator,
  ConvTranspose: convTransposeOperator,
  Div: divOperator,
  Equal: equalOperator,
  Exp: expOperator,
  Expand: expandOperator,
  Flatten: flattenOperator,
  Gather: gatherOperator,
  Gemm: gemmOperator,
  GlobalAveragePool: globalAveragePoolOperator,
  Greater: greaterOperator,
  HardSigmoid: hardSigmoidOperator,
  Log: logOperator,
  LogSoftmax: logSoftmaxOperator,
  MatMul: matMulOperator,
  MaxPool: maxPoolOperator,
  Mul: mulOperator,
  Neg: negOperator,
  OneHot: oneHotOperator,
  Pad: padOperator,
  Pow: powOperator,
  Reciprocal: reciprocalOperator,
  ReduceMax: reduceMaxOperator,
  ReduceMean: reduceMeanOperator,
  ReduceSum: reduceSumOperator,
  Relu: reluOperator,
  ReorderInput: reorderInputOperator,
  ReorderOutput: reorderOutputOperator,
  Reshape: reshapeOperator,
  ScatterElements: scatterElementsOperator,
  ScatterND: scatterNDOperator,
  Sign: signOperator,
  Slice: sliceOperator,
  Softmax: softmaxOperator,
  Sqrt: sqrtOperator,
  Sub: subOperator,
  Transpose: transposeOperator,
  Where: whereOperator,
};
