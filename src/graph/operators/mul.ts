import { firstInputs } from '../checks.ts';
import { inferPair } from '../elementwise.ts';
import { mul, sumTo } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** `a * b` with broadcasting. da = dy b, db = dy a. */
export const mulOperator: Operator = {
  infer: inferPair,
  gradient(g, { inputs }, dy) {
    const [a, b] = firstInputs(inputs, 2);
    return [() => sumTo(g, mul(g, dy, b), a), () => sumTo(g, mul(g, dy, a), b)];
  },
};
