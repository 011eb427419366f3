import type { Graph } from '../graph.ts';
import type { Value } from '../value.ts';

/** The product of matrices in the last two axes; leading axes must be equal. */
export const matMul = (g: Graph, a: Value, b: Value): Value => g.apply('MatMul', [a, b]);

/** Options of `gemm`: the matrices to transpose first and the bias to add. */
export interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Broadcast to the product. */
  readonly bias?: Value;
}

/** The product of two matrices, `[m,k]` by `[k,n]`. */
export function gemm(g: Graph, a: Value, b: Value, options: GemmOptions = {}): Value {
  const { transA = false, transB = false, bias } = options;
  const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0 };
  return g.apply('Gemm', bias === undefined ? [a, b] : [a, b, bias], attributes);
}

/** The logarithm of the softmax over the last axis. */
export const logSoftmax = (g: Graph, x: Value): Value => g.apply('LogSoftmax', [x], { axis: -1 });
