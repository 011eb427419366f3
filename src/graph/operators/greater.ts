import { inferComparison } from '../elementwise.ts';
import type { Operator } from '../operator.ts';

export const greaterOperator: Operator = { infer: inferComparison };
