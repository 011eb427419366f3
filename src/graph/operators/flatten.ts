import { check, inputAt } from '../checks.ts';
import { reshape } from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, fixedShape } from '../value.ts';

/** All axes after the first joined; the gradient is reshaped back. */
export const flattenOperator: Operator = {
  infer(inputs) {
    const x = inputAt(inputs, 0);
    check(x.shape.length >= 1, `${x.name} has no axis.`);
    const rest = x.shape.slice(1).reduce((product: number, _, axis) => product * fixedDim(x, axis + 1), 1);
    return { dataType: x.dataType, shape: [...x.shape.slice(0, 1), rest] };
  },
  gradient: (g, { inputs }, dy) => [() => reshape(g, dy, fixedShape(inputAt(inputs, 0)))],
};
