import type { GraphBuilder } from '../builder.ts';
import { demandFloats, demandRank, inputAt, type Operator } from '../operator.ts';
import type { Value, ValueType } from '../value.ts';

function infer(inputs: readonly Value[]): ValueType {
  const x = inputAt(inputs, 0);
  demandFloats(inputs);
  demandRank(x, 4);
  return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), 1, 1] };
}

export const globalAveragePoolOperator: Operator = { opType: 'GlobalAveragePool', infer };

/** The mean over height and width: `[N,C,H,W]` to `[N,C,1,1]`. */
export const globalAveragePool = (g: GraphBuilder, x: Value): Value =>
  g.apply(globalAveragePoolOperator, [x]);
