import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../value.ts';

/** The product of matrices in the last two axes; leading axes must be equal. */
export const matMul = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('MatMul', [a, b]);

/** Which matrices `gemm` transposes first, and what it adds. */
export interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Broadcast to the product. */
  readonly bias?: Value;
}

/** The product of two matrices, `[m,k]` by `[k,n]`. */
export function gemm(g: GraphBuilder, a: Value, b: Value, options: GemmOptions = {}): Value {
  const { transA = false, transB = false, bias } = options;
  const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0 };
  return g.apply('Gemm', bias === undefined ? [a, b] : [a, b, bias], attributes);
}

/** The softmax over the last axis. */
export const softmax = (g: GraphBuilder, x: Value): Value => g.apply('Softmax', [x], { axis: -1 });

/** The logarithm of the softmax over the last axis. */
export const logSoftmax = (g: GraphBuilder, x: Value): Value => g.apply('LogSoftmax', [x], { axis: -1 });
