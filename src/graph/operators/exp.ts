import { inferSame } from '../elementwise.ts';
import { mul } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

export const expOperator: Operator = {
  infer: inferSame,
  gradient: (g, { output }, dy) => [() => mul(g, dy, output)],
};
