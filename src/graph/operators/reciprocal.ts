import { inferSame } from '../elementwise.ts';
import { mul, neg } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** 1 / x. dx = -dy / x^2. */
export const reciprocalOperator: Operator = {
  infer: inferSame,
  gradient: (g, { output }, dy) => [() => neg(g, mul(g, dy, mul(g, output, output)))],
};
