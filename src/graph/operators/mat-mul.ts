import { matMul, swapLast } from '../functions/index.ts';
import { demand, demandFloats, inputAt, type Operator } from '../operator.ts';

/**
 * `[..., m, k]` by `[..., k, n]` with equal leading axes. The transposes of its gradient cost nothing: ONNX Runtime
 * takes them into the product.
 */
export const matMulOperator: Operator = {
  infer(inputs) {
    demandFloats(inputs);
    const [a, b] = [inputAt(inputs, 0), inputAt(inputs, 1)];
    const rank = a.shape.length;
    demand(rank >= 2 && b.shape.length === rank, 'both must be of one rank of 2 or more');
    demand(a.shape.slice(0, -2).join() === b.shape.slice(0, -2).join(), 'their leading axes differ');
    demand(a.shape.at(-1) === b.shape.at(-2), 'their inner axes differ');
    return { dataType: a.dataType, shape: a.shape.with(-1, b.shape.at(-1) ?? 1) };
  },
  gradient(g, { inputs }, dy) {
    const [a, b] = [inputAt(inputs, 0), inputAt(inputs, 1)];
    return [() => matMul(g, dy, swapLast(g, b)), () => matMul(g, swapLast(g, a), dy)];
  },
};
