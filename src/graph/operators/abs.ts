import { inputAt } from '../checks.ts';
import { inferSame } from '../elementwise.ts';
import { mul, sign } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** The absolute value. Its gradient at 0 is 0, as in PyTorch. */
export const absOperator: Operator = {
  infer: inferSame,
  gradient: (g, { inputs }, dy) => [() => mul(g, dy, sign(g, inputAt(inputs, 0)))],
};
