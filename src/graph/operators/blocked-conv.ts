import { check, checkRank, firstInputs } from '../checks.ts';
import type { Attributes } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';
import { slidingSizes } from '../window.ts';

/** The domain of ONNX Runtime's own CPU kernels. Shapes stay `[N,C,H,W]`: only the memory is in blocks. */
const domain = 'com.microsoft.nchwc';

function inferLayout([x]: readonly Value[]): ValueType {
  check(x !== undefined && x.dataType === 'float32', 'Only float32 can be laid out in blocks.');
  checkRank(x, 4);
  return { dataType: x.dataType, shape: x.shape };
}

/** Reorders `[N,C,H,W]` to blocks of channels: in memory `[N,C/B,H,W,B]`. */
export const reorderInputOperator: Operator = {
  onnx: { domain, opType: 'ReorderInput' },
  infer: inferLayout,
};

/** Reorders blocks of channels to `[N,C,H,W]`. */
export const reorderOutputOperator: Operator = {
  onnx: { domain, opType: 'ReorderOutput' },
  infer: inferLayout,
};

/** A depthwise convolution whose input, weight and output are in blocks. */
export const blockedConvOperator: Operator = {
  onnx: { domain, opType: 'Conv' },
  infer(inputs, attributes: Attributes) {
    const { dataType, shape } = inferLayout(inputs);
    const [x, weight] = firstInputs(inputs, 2);
    const channels = fixedDim(x, 1);
    check(attributes['group'] === channels, 'Every channel must be a group.');
    const filters = fixedDim(weight, 0);
    const depth = fixedDim(weight, 1);
    check(filters === channels && depth === 1, 'The weight must have one filter for each channel.');
    return { dataType, shape: [...shape.slice(0, 2), ...slidingSizes(x, attributes)] };
  },
};
