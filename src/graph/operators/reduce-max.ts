import { inputAt, integers } from '../checks.ts';
import { cast, div, equal, mul, reduceSum, spreadOver } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { reducedType } from '../reduced.ts';

/** The largest element over axes. Equal largest elements share the gradient evenly, as in PyTorch's amax. */
export const reduceMaxOperator: Operator = {
  infer: (inputs, attributes) => reducedType(inputAt(inputs, 0), integers(attributes, 'axes'), attributes),
  gradient(g, { inputs, output, attributes }, dy) {
    const x = inputAt(inputs, 0);
    const axes = integers(attributes, 'axes');
    function gradient() {
      const largest = cast(g, equal(g, x, spreadOver(g, output, x, axes)), x.dataType);
      const share = div(g, largest, reduceSum(g, largest, axes, true));
      return mul(g, share, spreadOver(g, dy, x, axes));
    }
    return [gradient];
  },
};
