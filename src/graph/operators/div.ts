import { inferPair } from '../elementwise.ts';
import { div, mul, neg, sumTo } from '../functions/index.ts';
import { inputAt, type Operator } from '../operator.ts';

/** d(a/b)/db = -(a/b)/b. */
export const divOperator: Operator = {
  infer: inferPair,
  gradient(g, { inputs, output }, dy) {
    const [a, b] = [inputAt(inputs, 0), inputAt(inputs, 1)];
    return [() => sumTo(g, div(g, dy, b), a), () => neg(g, sumTo(g, div(g, mul(g, dy, output), b), b))];
  },
};
