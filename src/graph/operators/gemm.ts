import { broadcast } from '../elementwise.ts';
import { gemm, sumTo } from '../functions/index.ts';
import { demand, demandFloats, demandRank, inputAt, type Operator } from '../operator.ts';

/** `op(a) op(b) + c` for matrices, op being a transposition where `transA` or `transB` is 1. */
export const gemmOperator: Operator = {
  infer(inputs, attributes) {
    demandFloats(inputs);
    const [a, b, c] = [inputAt(inputs, 0), inputAt(inputs, 1), inputs[2]];
    demandRank(a, 2);
    demandRank(b, 2);
    const [m, inner] = attributes['transA'] === 1 ? a.shape.toReversed() : a.shape;
    const [other, n] = attributes['transB'] === 1 ? b.shape.toReversed() : b.shape;
    demand(inner === other, 'their inner axes differ');
    const shape = [m ?? 1, n ?? 1];
    demand(c === undefined || broadcast(c.shape, shape)?.join() === shape.join(), 'the bias does not fit');
    return { dataType: a.dataType, shape };
  },
  gradient(g, { inputs, attributes }, dy) {
    const [a, b, c] = [inputAt(inputs, 0), inputAt(inputs, 1), inputs[2]];
    const [transA, transB] = [attributes['transA'] === 1, attributes['transB'] === 1];
    const ofA = () =>
      transA ? gemm(g, b, dy, { transA: transB, transB: true }) : gemm(g, dy, b, { transB: !transB });
    const ofB = () =>
      transB ? gemm(g, dy, a, { transA: true, transB: transA }) : gemm(g, a, dy, { transA: !transA });
    return c === undefined ? [ofA, ofB] : [ofA, ofB, () => sumTo(g, dy, c)];
  },
};
