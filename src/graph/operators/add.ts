import { inputAt } from '../checks.ts';
import { inferPair } from '../elementwise.ts';
import { sumTo } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** `a + b` with broadcasting. Each gradient is `dy`, summed over the broadcast axes. */
export const addOperator: Operator = {
  infer: inferPair,
  gradient: (g, { inputs }, dy) => inputs.map((_, at) => () => sumTo(g, dy, inputAt(inputs, at))),
};
