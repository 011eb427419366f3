import { inferSame } from '../elementwise.ts';
import { div } from '../functions/index.ts';
import { inputAt, type Operator } from '../operator.ts';

export const logOperator: Operator = {
  infer: inferSame,
  gradient: (g, { inputs }, dy) => [() => div(g, dy, inputAt(inputs, 0))],
};
