import type { GraphBuilder } from '../builder.ts';
import { inputAt, integers, mismatch, type Operator } from '../operator.ts';
import type { Value, ValueType } from '../value.ts';

export const transposeOperator: Operator = {
  opType: 'Transpose',
  infer(inputs, attributes): ValueType {
    const x = inputAt('Transpose', inputs, 0);
    const axes = integers(attributes, 'perm');
    if (axes.toSorted((a, b) => a - b).join() !== x.shape.map((_, axis) => axis).join())
      mismatch('Transpose', inputs, `[${axes}] is no order of its axes`);
    return { dataType: x.dataType, shape: axes.map((axis) => x.shape[axis] ?? 1) };
  },
};

/** The axes in another order: axis i of the result is axis `perm[i]` of the input. */
export const transpose = (g: GraphBuilder, x: Value, perm: readonly number[]): Value =>
  g.apply(transposeOperator, [x], { perm });
