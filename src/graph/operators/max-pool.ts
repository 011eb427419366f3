import type { GraphBuilder } from '../builder.ts';
import {
  type Attributes,
  demand,
  demandFloats,
  demandRank,
  inputAt,
  integers,
  type Operator,
} from '../operator.ts';
import type { Value, ValueType } from '../value.ts';
import { slidingSizes, type Window, windowAttributes } from '../window.ts';

function infer(inputs: readonly Value[], attributes: Attributes): ValueType {
  const x = inputAt(inputs, 0);
  demandFloats(inputs);
  demandRank(x, 4);
  const kernel = integers(attributes, 'kernel_shape');
  // A window that sees nothing but padding has no largest number; ONNX Runtime refuses it too.
  const narrow = integers(attributes, 'pads').every((pad, side) => pad < (kernel[side % 2] ?? 0));
  demand(narrow, 'the padding must be smaller than the kernel');
  return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), ...slidingSizes(x, attributes)] };
}

export const maxPoolOperator: Operator = { opType: 'MaxPool', infer };

/** The largest number in each window of `[N,C,H,W]`; padding never wins. */
export const maxPool = (g: GraphBuilder, x: Value, window: Window): Value =>
  g.apply(maxPoolOperator, [x], windowAttributes(window));
