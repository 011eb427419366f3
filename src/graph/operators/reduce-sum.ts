import { inputAt } from '../checks.ts';
import { spreadOver } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { reducedType } from '../reduced.ts';
import { constantNumbers } from '../value.ts';

/** The sum over axes; the gradient is repeated over them. */
export const reduceSumOperator: Operator = {
  infer: (inputs, attributes) =>
    reducedType(inputAt(inputs, 0), constantNumbers(inputAt(inputs, 1)), attributes),
  gradient: (g, { inputs }, dy) => [
    () => spreadOver(g, dy, inputAt(inputs, 0), constantNumbers(inputAt(inputs, 1))),
    undefined,
  ],
};
