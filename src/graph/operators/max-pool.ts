import type { GraphBuilder } from '../builder.ts';
import { type Attributes, inputAt, type Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';
import { slidingSize, type Window, windowAttributes } from '../window.ts';

function infer(inputs: readonly Value[], attributes: Attributes): ValueType {
  const x = inputAt('MaxPool', inputs, 0);
  const size = (axis: 0 | 1): number => slidingSize('MaxPool', fixedDim(x, 2 + axis), axis, attributes);
  return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), size(0), size(1)] };
}

export const maxPoolOperator: Operator = { opType: 'MaxPool', infer };

/** The largest number in each window of `[N,C,H,W]`; padding never wins. */
export const maxPool = (g: GraphBuilder, x: Value, window: Window): Value =>
  g.apply(maxPoolOperator, [x], windowAttributes(window));
