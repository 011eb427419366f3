import { check, checkFloats, checkRank, firstInputs } from '../checks.ts';
import { broadcast } from '../elementwise.ts';
import { gemm, matMul, sumTo, swapLast } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** The products of matrices, by name. */
export const products = {
  /**
   * The product of `[..., m, k]` and `[..., k, n]` with equal leading axes. The transposes of its gradient cost nothing:
   * ONNX Runtime fuses them into the product.
   */
  MatMul: {
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
  },
  /** `op(a) op(b) + c` for matrices, op being a transposition where `transA` or `transB` is 1. */
  Gemm: {
    infer(inputs, attributes) {
      checkFloats(inputs);
      const [a, b] = firstInputs(inputs, 2);
      const c = inputs[2];
      checkRank(a, 2);
      checkRank(b, 2);
      const [m, inner] = attributes['transA'] === 1 ? a.shape.toReversed() : a.shape;
      const [other, n] = attributes['transB'] === 1 ? b.shape.toReversed() : b.shape;
      check(inner === other, 'The inner axes differ.');
      const shape = [m ?? 1, n ?? 1];
      check(
        c === undefined || broadcast(c.shape, shape)?.join() === shape.join(),
        'The bias does not broadcast to the product.',
      );
      return { dataType: a.dataType, shape };
    },
    gradient(g, { inputs, attributes }, dy) {
      const [a, b] = firstInputs(inputs, 2);
      const c = inputs[2];
      const transA = attributes['transA'] === 1;
      const transB = attributes['transB'] === 1;
      const ofA = () =>
        transA ? gemm(g, b, dy, { transA: transB, transB: true }) : gemm(g, dy, b, { transB: !transB });
      const ofB = () =>
        transB ? gemm(g, dy, a, { transA: true, transB: transA }) : gemm(g, a, dy, { transA: !transA });
      return c === undefined ? [ofA, ofB] : [ofA, ofB, () => sumTo(g, dy, c)];
    },
  },
} satisfies Record<string, Operator>;
