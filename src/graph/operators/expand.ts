import { broadcast } from '../elementwise.ts';
import { sumTo } from '../functions/index.ts';
import { demand, inputAt, type Operator } from '../operator.ts';
import { constantNumbers } from '../value.ts';

export const expandOperator: Operator = {
  infer(inputs) {
    const x = inputAt(inputs, 0);
    const target = constantNumbers(inputAt(inputs, 1));
    const shape = broadcast(x.shape, target);
    demand(shape !== undefined, `it does not broadcast to [${target}]`);
    return { dataType: x.dataType, shape };
  },
  gradient: (g, { inputs }, dy) => [() => sumTo(g, dy, inputAt(inputs, 0))],
};
