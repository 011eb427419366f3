import type { GraphBuilder } from '../builder.ts';
import { demand, inputAt, integers, type Operator } from '../operator.ts';
import type { Value, ValueType } from '../value.ts';

export const transposeOperator: Operator = {
  opType: 'Transpose',
  infer(inputs, attributes): ValueType {
    const x = inputAt(inputs, 0);
    const axes = integers(attributes, 'perm');
    const sorted = axes.toSorted((a, b) => a - b);
    demand(sorted.join() === [...x.shape.keys()].join(), `[${axes}] is no order of its axes`);
    return { dataType: x.dataType, shape: axes.map((axis) => x.shape[axis] ?? 1) };
  },
};

/** The axes in another order: axis i of the result is axis `perm[i]` of the input. */
export const transpose = (g: GraphBuilder, x: Value, perm: readonly number[]): Value =>
  g.apply(transposeOperator, [x], { perm });
