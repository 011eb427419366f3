import { firstInputs } from '../checks.ts';
import { inferPair } from '../elementwise.ts';
import { log, mul, numberLike, pow, sub, sumTo } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** a to the power of b. d(a^b)/da = b a^(b-1); d(a^b)/db = a^b log a, for positive a. */
export const powOperator: Operator = {
  infer: inferPair,
  gradient(g, { inputs, output }, dy) {
    const [a, b] = firstInputs(inputs, 2);
    const slope = () => mul(g, b, pow(g, a, sub(g, b, numberLike(g, b, 1))));
    return [() => sumTo(g, mul(g, dy, slope()), a), () => sumTo(g, mul(g, dy, mul(g, output, log(g, a))), b)];
  },
};
