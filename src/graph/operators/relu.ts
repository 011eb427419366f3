import { inferSame } from '../elementwise.ts';
import { whereAbove } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** `max(x, 0)`. Its gradient at 0 is 0, as in PyTorch. */
export const reluOperator: Operator = {
  infer: inferSame,
  gradient: (g, { output }, dy) => [() => whereAbove(g, output, 0, dy)],
};
