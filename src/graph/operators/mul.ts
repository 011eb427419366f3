import { inferPair } from '../elementwise.ts';
import { mul, sumTo } from '../functions/index.ts';
import { inputAt, type Operator } from '../operator.ts';

export const mulOperator: Operator = {
  infer: inferPair,
  gradient(g, { inputs }, dy) {
    const [a, b] = [inputAt(inputs, 0), inputAt(inputs, 1)];
    return [() => sumTo(g, mul(g, dy, b), a), () => sumTo(g, mul(g, dy, a), b)];
  },
};
