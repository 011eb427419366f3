import type { GraphBuilder } from '../builder.ts';
import { inputAt, mismatch, type Operator } from '../operator.ts';
import type { Value, ValueType } from '../value.ts';

function infer(inputs: readonly Value[]): ValueType {
  const x = inputAt('GlobalAveragePool', inputs, 0);
  if (x.shape.length !== 4) mismatch('GlobalAveragePool', inputs, 'the input must have 4 axes');
  return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), 1, 1] };
}

export const globalAveragePoolOperator: Operator = { opType: 'GlobalAveragePool', infer };

/** The mean over height and width: `[N,C,H,W]` to `[N,C,1,1]`. */
export const globalAveragePool = (g: GraphBuilder, x: Value): Value =>
  g.apply(globalAveragePoolOperator, [x]);
