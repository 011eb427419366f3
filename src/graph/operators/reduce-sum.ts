import { spreadOver } from '../functions/index.ts';
import { inputAt, type Operator } from '../operator.ts';
import { reducedType } from '../reduced.ts';
import { constantNumbers } from '../value.ts';

export const reduceSumOperator: Operator = {
  infer: (inputs, attributes) =>
    reducedType(inputAt(inputs, 0), constantNumbers(inputAt(inputs, 1)), attributes),
  gradient: (g, { inputs }, dy) => [
    () => spreadOver(g, dy, inputAt(inputs, 0), constantNumbers(inputAt(inputs, 1))),
    undefined,
  ],
};
