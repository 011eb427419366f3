import { broadcast } from '../elementwise.ts';
import { demand, inputAt, type Operator } from '../operator.ts';

export const andOperator: Operator = {
  infer(inputs) {
    const [a, b] = [inputAt(inputs, 0), inputAt(inputs, 1)];
    demand(a.dataType === 'bool' && b.dataType === 'bool', 'both inputs must be of type bool');
    const shape = broadcast(a.shape, b.shape);
    demand(shape !== undefined, 'shapes do not broadcast');
    return { dataType: 'bool', shape };
  },
};
