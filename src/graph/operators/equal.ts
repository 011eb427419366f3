import { inferComparison } from '../elementwise.ts';
import type { Operator } from '../operator.ts';

export const equalOperator: Operator = { infer: inferComparison };
