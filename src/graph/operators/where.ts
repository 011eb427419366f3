import { check, firstInputs, inputAt } from '../checks.ts';
import { broadcast, inferPair } from '../elementwise.ts';
import { numberLike, sumTo, where } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** `a` where the condition holds, otherwise `b`; each gets the gradient of its own elements. */
export const whereOperator: Operator = {
  infer(inputs) {
    const condition = inputAt(inputs, 0);
    check(condition.dataType === 'bool', 'The condition must be of type bool.');
    const { dataType, shape } = inferPair(inputs.slice(1));
    const all = broadcast(condition.shape, shape);
    check(all !== undefined, 'The shapes do not broadcast.');
    return { dataType, shape: all };
  },
  gradient(g, { inputs }, dy) {
    const [condition, a, b] = firstInputs(inputs, 3);
    const zero = () => numberLike(g, dy, 0);
    return [
      undefined,
      () => sumTo(g, where(g, condition, dy, zero()), a),
      () => sumTo(g, where(g, condition, zero(), dy), b),
    ];
  },
};
