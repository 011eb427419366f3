import { countElements } from '../../tensor/index.ts';
import { check, inputAt } from '../checks.ts';
import { reshape } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { constantNumbers, fixedShape } from '../value.ts';

/** The same elements in another shape; the gradient is reshaped back. */
export const reshapeOperator: Operator = {
  infer(inputs) {
    const x = inputAt(inputs, 0);
    const shape = constantNumbers(inputAt(inputs, 1));
    check(
      countElements(fixedShape(x)) === countElements(shape),
      `${x.name} does not have the number of elements of [${shape}].`,
    );
    return { dataType: x.dataType, shape };
  },
  gradient: (g, { inputs }, dy) => [() => reshape(g, dy, fixedShape(inputAt(inputs, 0)))],
};
