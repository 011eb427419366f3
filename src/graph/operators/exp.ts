import { inferSame } from '../elementwise.ts';
import { mul } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** e to the power of x. dx = dy exp(x). */
export const expOperator: Operator = {
  infer: inferSame,
  gradient: (g, { output }, dy) => [() => mul(g, dy, output)],
};
