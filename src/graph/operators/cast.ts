import { dataTypeOf } from '../../onnx/index.ts';
import { check, inputAt } from '../checks.ts';
import { cast } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** The same numbers in another element type; the gradient is cast back. */
export const castOperator: Operator = {
  infer(inputs, attributes) {
    const dataType = dataTypeOf(Number(attributes['to']));
    check(dataType !== undefined, 'The element type is not known.');
    return { dataType, shape: inputAt(inputs, 0).shape };
  },
  gradient: (g, { inputs }, dy) => [() => cast(g, dy, inputAt(inputs, 0).dataType)],
};
