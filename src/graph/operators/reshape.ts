import { reshape } from '../functions/index.ts';
import { demand, inputAt, type Operator } from '../operator.ts';
import { constantNumbers, fixedShape, sizeOf } from '../value.ts';

export const reshapeOperator: Operator = {
  infer(inputs) {
    const x = inputAt(inputs, 0);
    const shape = constantNumbers(inputAt(inputs, 1));
    demand(sizeOf(fixedShape(x)) === sizeOf(shape), `its numbers do not fill [${shape}]`);
    return { dataType: x.dataType, shape };
  },
  gradient: (g, { inputs }, dy) => [() => reshape(g, dy, fixedShape(inputAt(inputs, 0)))],
};
