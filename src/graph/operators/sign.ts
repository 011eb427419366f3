import { inferSame } from '../elementwise.ts';
import type { Operator } from '../operator.ts';

export const signOperator: Operator = { infer: inferSame };
