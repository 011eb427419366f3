import type { Operator } from './call.ts';
import * as convolution from './convolution.ts';
import * as elementwise from './elementwise.ts';
import * as indexing from './indexing.ts';
import * as linear from './linear.ts';
import * as normalization from './normalization.ts';
import * as pooling from './pooling.ts';
import * as quantization from './quantization.ts';
import * as reduce from './reduce.ts';
import * as shape from './shape.ts';
import * as slicing from './slicing.ts';

/** The operators by name; those of another domain than ONNX's own as `domain.name`. */
export const operators: ReadonlyMap<string, Operator> = new Map([
  ['Abs', elementwise.abs],
  ['Add', elementwise.add],
  ['AveragePool', pooling.averagePool],
  ['BatchNormalization', normalization.batchNormalization],
  ['Cast', elementwise.cast],
  ['Clip', elementwise.clip],
  ['Concat', shape.concat],
  ['ConstantOfShape', shape.constantOfShape],
  ['Conv', convolution.conv],
  ['ConvTranspose', convolution.convTranspose],
  ['DequantizeLinear', quantization.dequantizeLinear],
  ['Div', elementwise.div],
  ['Equal', elementwise.equal],
  ['Exp', elementwise.exp],
  ['Expand', shape.expand],
  ['Flatten', shape.flatten],
  ['Gather', indexing.gather],
  ['GatherElements', indexing.gatherElements],
  ['Gemm', linear.gemm],
  ['GlobalAveragePool', pooling.globalAveragePool],
  ['Greater', elementwise.greater],
  ['GreaterOrEqual', elementwise.greaterOrEqual],
  ['HardSigmoid', elementwise.hardSigmoid],
  ['Identity', elementwise.identity],
  ['LessOrEqual', elementwise.lessOrEqual],
  ['Log', elementwise.log],
  ['LogSoftmax', normalization.logSoftmax],
  ['MatMul', linear.matMul],
  ['Max', elementwise.max],
  ['MaxPool', pooling.maxPool],
  ['Min', elementwise.min],
  ['Mul', elementwise.mul],
  ['Neg', elementwise.neg],
  ['Not', elementwise.not],
  ['OneHot', indexing.oneHot],
  ['Pad', slicing.pad],
  ['Pow', elementwise.pow],
  ['QuantizeLinear', quantization.quantizeLinear],
  ['Range', shape.range],
  ['Reciprocal', elementwise.reciprocal],
  ['ReduceMax', reduce.reduceMax],
  ['ReduceMean', reduce.reduceMean],
  ['ReduceSum', reduce.reduceSum],
  ['ReduceSumSquare', reduce.reduceSumSquare],
  ['Relu', elementwise.relu],
  ['Reshape', shape.reshape],
  ['ScatterElements', indexing.scatterElements],
  ['ScatterND', indexing.scatterNd],
  ['Shape', shape.shape],
  ['Sign', elementwise.sign],
  ['Slice', slicing.slice],
  ['Softmax', normalization.softmax],
  ['Softplus', elementwise.softplus],
  ['Sqrt', elementwise.sqrt],
  ['Squeeze', shape.squeeze],
  ['Sub', elementwise.sub],
  ['Transpose', shape.transpose],
  ['Unsqueeze', shape.unsqueeze],
  ['Where', elementwise.where],
  ['com.microsoft.FusedMatMul', linear.fusedMatMul],
]);
