import { transpose } from '../functions/index.ts';
import { demand, inputAt, integers, type Operator } from '../operator.ts';

export const transposeOperator: Operator = {
  infer(inputs, attributes) {
    const x = inputAt(inputs, 0);
    const axes = integers(attributes, 'perm');
    const sorted = axes.toSorted((a, b) => a - b);
    demand(sorted.join() === [...x.shape.keys()].join(), `[${axes}] is no order of its axes`);
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
