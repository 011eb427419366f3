import { check, checkFloats, checkRank, firstInputs } from '../checks.ts';
import { broadcast } from '../elementwise.ts';
import { gemm, sumTo } from '../functions/index.ts';
import type { Operator } from '../operator.ts';

/** `op(a) op(b) + c` for matrices, op being a transposition where `transA` or `transB` is 1. */
export const gemmOperator: Operator = {
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
};
