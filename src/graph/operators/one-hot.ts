import { check, firstInputs } from '../checks.ts';
import type { Operator } from '../operator.ts';
import { constantNumbers } from '../value.ts';

/** A row of zeros with a one for each class number; no gradient. */
export const oneHotOperator: Operator = {
  infer(inputs) {
    const [indices, depth, values] = firstInputs(inputs, 3);
    check(indices.dataType === 'int64', 'The indices must be int64.');
    return { dataType: values.dataType, shape: [...indices.shape, constantNumbers(depth)[0] ?? 0] };
  },
};
