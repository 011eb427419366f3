import { inferSame } from '../elementwise.ts';
import type { Operator } from '../operator.ts';

/** `x * alpha + beta` limited to 0 and 1. Only used for steps, which have no gradient. */
export const hardSigmoidOperator: Operator = { infer: inferSame };
