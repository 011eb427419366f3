import { inferSame } from '../elementwise.ts';
import { neg } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** `-x`. dx = -dy. */
export const negOperator: Operator = { infer: inferSame, gradient: (g, _, dy) => [() => neg(g, dy)] };
