import { inferSame } from '../elementwise.ts';
import { greater, mask, numberLike } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** Its gradient at 0 is 0, as PyTorch's. */
export const reluOperator: Operator = {
  infer: inferSame,
  gradient: (g, { output }, dy) => [() => mask(g, dy, greater(g, output, numberLike(g, output, 0)))],
};
