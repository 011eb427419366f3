import { inferSame } from '../elementwise.ts';
import type { Operator } from '../operator.ts';

/** Used for steps only, which have no gradient. */
export const hardSigmoidOperator: Operator = { infer: inferSame };
