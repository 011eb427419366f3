import { inferSame } from '../elementwise.ts';
import { exp, mul, reduceSum, sub } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** The logarithm of the softmax over the last axis. dx = dy - softmax(x) sum(dy). */
export const logSoftmaxOperator: Operator = {
  infer: inferSame,
  gradient(g, { output }, dy) {
    const last = output.shape.length - 1;
    return [() => sub(g, dy, mul(g, exp(g, output), reduceSum(g, dy, [last], true)))];
  },
};
