import { inferSame } from '../elementwise.ts';
import { and, greater, less, mask } from '../functions/index.ts';
import { demandRank, inputAt, type Operator } from '../operator.ts';

/** Numbers at a bound have the gradient 0, as in PyTorch's ReLU6. */
export const clipOperator: Operator = {
  infer(inputs) {
    for (const bound of inputs.slice(1)) demandRank(bound, 0);
    return inferSame(inputs);
  },
  gradient(g, { inputs, output }, dy) {
    const [minimum, maximum] = [inputAt(inputs, 1), inputs[2]];
    const above = () => greater(g, output, minimum);
    return [() => mask(g, dy, maximum === undefined ? above() : and(g, above(), less(g, output, maximum)))];
  },
};
