import { inputAt } from '../checks.ts';
import { inferPair } from '../elementwise.ts';
import { neg, sumTo } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** `a - b` with broadcasting. da = dy, db = -dy. */
export const subOperator: Operator = {
  infer: inferPair,
  gradient: (g, { inputs }, dy) => [
    () => sumTo(g, dy, inputAt(inputs, 0)),
    () => neg(g, sumTo(g, dy, inputAt(inputs, 1))),
  ],
};
