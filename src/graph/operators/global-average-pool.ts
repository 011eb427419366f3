import { checkFloats, checkRank, inputAt } from '../checks.ts';
import { expand, mul, numberLike } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, fixedShape } from '../value.ts';

/** The mean over height and width; the gradient is spread evenly. */
export const globalAveragePoolOperator: Operator = {
  infer(inputs) {
    const x = inputAt(inputs, 0);
    checkFloats(inputs);
    checkRank(x, 4);
    return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), 1, 1] };
  },
  gradient(g, { inputs }, dy) {
    const x = inputAt(inputs, 0);
    const share = 1 / (fixedDim(x, 2) * fixedDim(x, 3));
    return [() => expand(g, mul(g, dy, numberLike(g, dy, share)), fixedShape(x))];
  },
};
