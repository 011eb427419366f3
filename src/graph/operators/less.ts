import { inferComparison } from '../elementwise.ts';
import type { Operator } from '../operator.ts';

export const lessOperator: Operator = { infer: inferComparison };
