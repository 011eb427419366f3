import { inferSame } from '../elementwise.ts';
import { mul, reduceSum, sub } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** The softmax over the last axis. dx = y (dy - sum(y dy)). */
export const softmaxOperator: Operator = {
  infer: inferSame,
  gradient(g, { output }, dy) {
    const last = output.shape.length - 1;
    return [() => mul(g, output, sub(g, dy, reduceSum(g, mul(g, dy, output), [last], true)))];
  },
};
