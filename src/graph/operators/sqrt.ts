import { inferSame } from '../elementwise.ts';
import { div, mul, numberLike } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** The square root. d sqrt(x)/dx = 1 / (2 sqrt(x)). */
export const sqrtOperator: Operator = {
  infer: inferSame,
  gradient: (g, { output }, dy) => [() => div(g, mul(g, dy, numberLike(g, dy, 0.5)), output)],
};
