import { check, inputAt } from '../checks.ts';
import { broadcast } from '../elementwise.ts';
import { sumTo } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { constantNumbers } from '../value.ts';

/** x repeated along axes of size 1; the gradient is summed over them. */
export const expandOperator: Operator = {
  infer(inputs) {
    const x = inputAt(inputs, 0);
    const target = constantNumbers(inputAt(inputs, 1));
    const shape = broadcast(x.shape, target);
    check(shape !== undefined, `${x.name} does not broadcast to [${target}].`);
    return { dataType: x.dataType, shape };
  },
  gradient: (g, { inputs }, dy) => [() => sumTo(g, dy, inputAt(inputs, 0))],
};
