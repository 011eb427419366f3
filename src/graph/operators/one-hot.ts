import { demand, inputAt, type Operator } from '../operator.ts';
import { constantNumbers } from '../value.ts';

export const oneHotOperator: Operator = {
  infer(inputs) {
    const [indices, depth, values] = [inputAt(inputs, 0), inputAt(inputs, 1), inputAt(inputs, 2)];
    demand(indices.dataType === 'int64', 'the indices must be int64');
    return { dataType: values.dataType, shape: [...indices.shape, constantNumbers(depth)[0] ?? 0] };
  },
};
