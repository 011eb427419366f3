import { countElements } from '../../tensor/index.ts';
import { inputAt, integers } from '../checks.ts';
import { mul, numberLike, spreadOver } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { reducedType } from '../reduced.ts';
import { fixedShape } from '../value.ts';

/** The mean over axes; the gradient is spread evenly. */
export const reduceMeanOperator: Operator = {
  infer: (inputs, attributes) => reducedType(inputAt(inputs, 0), integers(attributes, 'axes'), attributes),
  gradient(g, { inputs, output, attributes }, dy) {
    const x = inputAt(inputs, 0);
    const share = countElements(fixedShape(output)) / countElements(fixedShape(x));
    const scaled = () => mul(g, dy, numberLike(g, dy, share));
    return [() => spreadOver(g, scaled(), x, integers(attributes, 'axes'))];
  },
};
