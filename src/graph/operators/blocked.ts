import { type Attributes, demand, demandRank, inputAt, type Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';
import { slidingSizes } from '../window.ts';

/** The operators of ONNX Runtime's own CPU kernels, for which shapes are said as ever: only the memory is in blocks. */
const domain = 'com.microsoft.nchwc';

function inferLayout([x]: readonly Value[]): ValueType {
  demand(x !== undefined && x.dataType === 'float32', 'only float32 is laid out in blocks');
  demandRank(x, 4);
  return { dataType: x.dataType, shape: x.shape };
}

/** From `[N,C,H,W]` to blocks of channels: in memory `[N,C/B,H,W,B]`. */
export const reorderInputOperator: Operator = {
  onnx: { domain, opType: 'ReorderInput' },
  infer: inferLayout,
};

/** From blocks of channels to `[N,C,H,W]`. */
export const reorderOutputOperator: Operator = {
  onnx: { domain, opType: 'ReorderOutput' },
  infer: inferLayout,
};

/** A depthwise convolution of maps, a weight and to maps that are all in blocks. */
export const blockedConvOperator: Operator = {
  onnx: { domain, opType: 'Conv' },
  infer(inputs, attributes: Attributes) {
    const { dataType, shape } = inferLayout(inputs);
    const [x, weight] = [inputAt(inputs, 0), inputAt(inputs, 1)];
    const channels = fixedDim(x, 1);
    demand(attributes['group'] === channels, 'every channel must be a group');
    const [filters, depth] = [fixedDim(weight, 0), fixedDim(weight, 1)];
    demand(filters === channels && depth === 1, 'the weight must have one filter for each channel');
    return { dataType, shape: [...shape.slice(0, 2), ...slidingSizes(x, attributes)] };
  },
};
