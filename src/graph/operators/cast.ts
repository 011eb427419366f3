import { codeOf, type DataType, dataTypeOf } from '../../onnx/index.ts';
import type { GraphBuilder } from '../builder.ts';
import { demand, inputAt, type Operator } from '../operator.ts';
import type { Value, ValueType } from '../value.ts';

export const castOperator: Operator = {
  opType: 'Cast',
  infer(inputs, attributes): ValueType {
    const dataType = dataTypeOf(Number(attributes['to']));
    demand(dataType !== undefined, 'to no known element type');
    return { dataType, shape: inputAt(inputs, 0).shape };
  },
};

/** The same numbers in another element type. */
export const cast = (g: GraphBuilder, x: Value, to: DataType): Value =>
  g.apply(castOperator, [x], { to: codeOf(to) });
