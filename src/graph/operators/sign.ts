import { inferSame } from '../elementwise.ts';
import type { Operator } from '../operator.ts';

/** -1, 0 or 1; no gradient. */
export const signOperator: Operator = { infer: inferSame };
