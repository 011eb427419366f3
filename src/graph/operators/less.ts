import { inferComparison } from '../elementwise.ts';
import type { Operator } from '../operator.ts';

/** `a < b` with broadcasting; no gradient. */
export const lessOperator: Operator = { infer: inferComparison };
