import { check, inputAt, integers } from '../checks.ts';
import { transpose } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** The axes in another order; the gradient is put back in the first order. */
export const transposeOperator: Operator = {
  infer(inputs, attributes) {
    const x = inputAt(inputs, 0);
    const axes = integers(attributes, 'perm');
    const sorted = axes.toSorted((a, b) => a - b);
    check(
      sorted.join() === [...x.shape.keys()].join(),
      `[${axes}] is not an order of the axes of ${x.name}.`,
    );
    return { dataType: x.dataType, shape: axes.map((axis) => x.shape[axis] ?? 1) };
  },
  gradient(g, { attributes }, dy) {
    const perm = integers(attributes, 'perm');
    return [
      () =>
        transpose(
          g,
          dy,
          [...perm.keys()].map((axis) => perm.indexOf(axis)),
        ),
    ];
  },
};
