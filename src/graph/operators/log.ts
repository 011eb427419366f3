import { inputAt } from '../checks.ts';
import { inferSame } from '../elementwise.ts';
import { div } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** The natural logarithm. dx = dy / x. */
export const logOperator: Operator = {
  infer: inferSame,
  gradient: (g, { inputs }, dy) => [() => div(g, dy, inputAt(inputs, 0))],
};
