import { inferSame } from '../elementwise.ts';
import { neg } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

export const negOperator: Operator = { infer: inferSame, gradient: (g, _, dy) => [() => neg(g, dy)] };
