import type { GraphBuilder } from '../builder.ts';
import { demand, inputAt, type Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';

function infer(inputs: readonly Value[]): ValueType {
  const x = inputAt(inputs, 0);
  demand(x.shape.length >= 1, 'there is no first axis');
  const rest = x.shape.slice(1).reduce((product: number, _, axis) => product * fixedDim(x, axis + 1), 1);
  return { dataType: x.dataType, shape: [...x.shape.slice(0, 1), rest] };
}

export const flattenOperator: Operator = { opType: 'Flatten', infer };

/** All axes but the first made one: `[N,C,1,1]` to `[N,C]`. */
export const flatten = (g: GraphBuilder, x: Value): Value => g.apply(flattenOperator, [x], { axis: 1 });
