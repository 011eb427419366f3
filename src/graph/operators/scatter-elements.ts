import { demand, inputAt, type Operator } from '../operator.ts';

export const scatterElementsOperator: Operator = {
  infer(inputs) {
    const [data, indices, updates] = [inputAt(inputs, 0), inputAt(inputs, 1), inputAt(inputs, 2)];
    demand(indices.dataType === 'int64', 'the indices must be int64');
    demand(indices.shape.join() === updates.shape.join(), 'there must be one update for each index');
    return { dataType: data.dataType, shape: data.shape };
  },
};
