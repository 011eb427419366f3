import { check, checkFloats, firstInputs } from '../checks.ts';
import { matMul, swapLast } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/**
 * The product of `[..., m, k]` and `[..., k, n]` with equal leading axes. The transposes of its gradient cost nothing:
 * ONNX Runtime fuses them into the product.
 */
export const matMulOperator: Operator = {
  infer(inputs) {
    checkFloats(inputs);
    const [a, b] = firstInputs(inputs, 2);
    const rank = a.shape.length;
    check(rank >= 2 && b.shape.length === rank, 'Both inputs must have the same rank, at least 2.');
    check(a.shape.slice(0, -2).join() === b.shape.slice(0, -2).join(), 'The leading axes differ.');
    check(a.shape.at(-1) === b.shape.at(-2), 'The inner axes differ.');
    return { dataType: a.dataType, shape: a.shape.with(-1, b.shape.at(-1) ?? 1) };
  },
  gradient(g, { inputs }, dy) {
    const [a, b] = firstInputs(inputs, 2);
    return [() => matMul(g, dy, swapLast(g, b)), () => matMul(g, swapLast(g, a), dy)];
  },
};
