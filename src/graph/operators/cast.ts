import { dataTypeOf } from '../../onnx/index.ts';
import { cast } from '../functions/index.ts';
import { demand, inputAt, type Operator } from '../operator.ts';

export const castOperator: Operator = {
  infer(inputs, attributes) {
    const dataType = dataTypeOf(Number(attributes['to']));
    demand(dataType !== undefined, 'to no known element type');
    return { dataType, shape: inputAt(inputs, 0).shape };
  },
  gradient: (g, { inputs }, dy) => [() => cast(g, dy, inputAt(inputs, 0).dataType)],
};
