import { broadcast, inferPair } from '../elementwise.ts';
import { numberLike, sumTo, where } from '../functions/index.ts';
import { demand, inputAt, type Operator } from '../operator.ts';

export const whereOperator: Operator = {
  infer(inputs) {
    const condition = inputAt(inputs, 0);
    demand(condition.dataType === 'bool', 'the condition must be of type bool');
    const { dataType, shape } = inferPair(inputs.slice(1));
    const all = broadcast(condition.shape, shape);
    demand(all !== undefined, 'shapes do not broadcast');
    return { dataType, shape: all };
  },
  gradient(g, { inputs }, dy) {
    const [condition, a, b] = [inputAt(inputs, 0), inputAt(inputs, 1), inputAt(inputs, 2)];
    const zero = () => numberLike(g, dy, 0);
    return [
      undefined,
      () => sumTo(g, where(g, condition, dy, zero()), a),
      () => sumTo(g, where(g, condition, zero(), dy), b),
    ];
  },
};
