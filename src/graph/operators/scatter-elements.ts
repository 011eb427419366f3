import { check, firstInputs } from '../checks.ts';
import type { Operator } from '../operator.ts';

/** Elements added at places of a vector; the step that uses it needs no gradient. */
export const scatterElementsOperator: Operator = {
  infer(inputs) {
    const [data, indices, updates] = firstInputs(inputs, 3);
    check(indices.dataType === 'int64', 'The indices must be int64.');
    check(indices.shape.join() === updates.shape.join(), 'There must be one update for each index.');
    return { dataType: data.dataType, shape: data.shape };
  },
};
