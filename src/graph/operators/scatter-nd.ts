import { demand, inputAt, type Operator } from '../operator.ts';
import type { ValueType } from '../value.ts';

export const scatterNDOperator: Operator = {
  infer(inputs): ValueType {
    const [data, indices] = [inputAt(inputs, 0), inputAt(inputs, 1)];
    demand(indices.dataType === 'int64', 'the indices must be int64');
    return { dataType: data.dataType, shape: data.shape };
  },
};
