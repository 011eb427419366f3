import { check, firstInputs } from '../checks.ts';
import { broadcast } from '../elementwise.ts';
import type { Operator } from '../operator.ts';

/** `a and b` of booleans, with broadcasting; no gradient. */
export const andOperator: Operator = {
  infer(inputs) {
    const [a, b] = firstInputs(inputs, 2);
    check(a.dataType === 'bool' && b.dataType === 'bool', 'Both inputs must be of type bool.');
    const shape = broadcast(a.shape, b.shape);
    check(shape !== undefined, 'The shapes do not broadcast.');
    return { dataType: 'bool', shape };
  },
};
