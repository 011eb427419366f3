import { firstInputs } from '../checks.ts';
import { inferPair } from '../elementwise.ts';
import { div, mul, neg, sumTo } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** `a / b` with broadcasting. d(a/b)/db = -(a/b)/b. */
export const divOperator: Operator = {
  infer: inferPair,
  gradient(g, { inputs, output }, dy) {
    const [a, b] = firstInputs(inputs, 2);
    return [() => sumTo(g, div(g, dy, b), a), () => neg(g, sumTo(g, div(g, mul(g, dy, output), b), b))];
  },
};
