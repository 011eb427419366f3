import { inferPair } from '../elementwise.ts';
import { neg, sumTo } from '../functions/index.ts';
import { inputAt, type Operator } from '../operator.ts';

export const subOperator: Operator = {
  infer: inferPair,
  gradient: (g, { inputs }, dy) => [
    () => sumTo(g, dy, inputAt(inputs, 0)),
    () => neg(g, sumTo(g, dy, inputAt(inputs, 1))),
  ],
};
