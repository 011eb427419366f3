import { checkRank, inputAt } from '../checks.ts';
import { inferSame } from '../elementwise.ts';
import { whereAbove, whereBelow } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { constantNumbers, type Value } from '../value.ts';

/** x limited to bounds. The gradient at a bound is 0, as in PyTorch's ReLU6. */
export const clipOperator: Operator = {
  infer(inputs) {
    for (const bound of inputs.slice(1)) checkRank(bound, 0);
    return inferSame(inputs);
  },
  gradient(g, { inputs, output }, dy) {
    const boundOf = (bound: Value): number => constantNumbers(bound)[0] ?? 0;
    const above = () => whereAbove(g, output, boundOf(inputAt(inputs, 1)), dy);
    const [, , maximum] = inputs;
    return [() => (maximum === undefined ? above() : whereBelow(g, output, boundOf(maximum), above()))];
  },
};
