import { expand, mul, numberLike } from '../functions/index.ts';
import { demandFloats, demandRank, inputAt, type Operator } from '../operator.ts';
import { fixedDim, fixedShape } from '../value.ts';

export const globalAveragePoolOperator: Operator = {
  infer(inputs) {
    const x = inputAt(inputs, 0);
    demandFloats(inputs);
    demandRank(x, 4);
    return { dataType: x.dataType, shape: [...x.shape.slice(0, 2), 1, 1] };
  },
  gradient(g, { inputs }, dy) {
    const x = inputAt(inputs, 0);
    const share = 1 / (fixedDim(x, 2) * fixedDim(x, 3));
    return [() => expand(g, mul(g, dy, numberLike(g, dy, share)), fixedShape(x))];
  },
};
