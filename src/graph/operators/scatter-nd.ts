import { check, firstInputs } from '../checks.ts';
import type { Operator } from '../operator.ts';
import type { ValueType } from '../value.ts';

/** Rows added at places of the first axis; the step that uses it needs no gradient. */
export const scatterNDOperator: Operator = {
  infer(inputs): ValueType {
    const [data, indices] = firstInputs(inputs, 2);
    check(indices.dataType === 'int64', 'The indices must be int64.');
    return { dataType: data.dataType, shape: data.shape };
  },
};
