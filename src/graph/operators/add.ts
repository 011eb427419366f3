import { inferPair } from '../elementwise.ts';
import { sumTo } from '../functions/index.ts';
import { inputAt, type Operator } from '../operator.ts';

export const addOperator: Operator = {
  infer: inferPair,
  gradient: (g, { inputs }, dy) => inputs.map((_, at) => () => sumTo(g, dy, inputAt(inputs, at))),
};
