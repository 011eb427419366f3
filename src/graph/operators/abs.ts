import { inferSame } from '../elementwise.ts';
import { mul, sign } from '../functions/index.ts';
import { inputAt, type Operator } from '../operator.ts';

/** Its gradient at 0 is 0, as PyTorch's. */
export const absOperator: Operator = {
  infer: inferSame,
  gradient: (g, { inputs }, dy) => [() => mul(g, dy, sign(g, inputAt(inputs, 0)))],
};
