import type { Operator } from './call.ts';
import { at, broadcastDims, generate, read, readBroadcast, type Tensor64 } from './tensor.ts';

/** The last two axes exchanged, when asked for. */
function transposedIf(condition: boolean, x: Tensor64): Tensor64 {
  if (!condition || x.dims.length < 2) return x;
  const swapped = (list: readonly number[]): number[] => [...list.slice(0, -2), ...list.slice(-2).reverse()];
  return generate(swapped(x.dims), (index) => read(x, swapped(index)));
}

/** The products of matrices `a[...,M,K]` and `b[...,K,N]`, the axes before them broadcast. */
function products(a: Tensor64, b: Tensor64): Tensor64 {
  const [rows = 0, inner = 0] = a.dims.slice(-2);
  const [matching = 0, columns = 0] = b.dims.slice(-2);
  if (inner !== matching) throw new RangeError(`[${a.dims}] and [${b.dims}] are no product of matrices`);
  const batch = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2));
  return generate([...batch, rows, columns], (index) => {
    const [place, row, column] = [
      index.slice(0, -2),
      at(index, index.length - 2),
      at(index, index.length - 1),
    ];
    let sum = 0;
    for (let k = 0; k < inner; k += 1)
      sum += readBroadcast(a, [...place, row, k]) * readBroadcast(b, [...place, k, column]);
    return sum;
  });
}

/** As NumPy's matmul: a vector on the left is a row, on the right a column, and its axis leaves the result. */
function matMulOf(a: Tensor64, b: Tensor64): Tensor64 {
  const [row, column] = [a.dims.length === 1, b.dims.length === 1];
  const left = row ? { dims: [1, ...a.dims], data: a.data } : a;
  const right = column ? { dims: [...b.dims, 1], data: b.data } : b;
  const { dims, data } = products(left, right);
  const kept = dims.filter(
    (_, axis) => !(row && axis === dims.length - 2) && !(column && axis === dims.length - 1),
  );
  return { dims: kept, data };
}

export const matMul: Operator = (call) => [matMulOf(call.input(0), call.input(1))];

/** The domain com.microsoft's. */
export const fusedMatMul: Operator = (call) => {
  const a = transposedIf(call.integer('transA', 0) === 1, call.input(0));
  const b = transposedIf(call.integer('transB', 0) === 1, call.input(1));
  const alpha = call.float('alpha', 1);
  const { dims, data } = matMulOf(a, b);
  return [{ dims, data: data.map((value) => value * alpha) }];
};

export const gemm: Operator = (call) => {
  const a = transposedIf(call.integer('transA', 0) === 1, call.input(0));
  const b = transposedIf(call.integer('transB', 0) === 1, call.input(1));
  const c = call.optional(2);
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)];
  const product = products(a, b);
  const added = (index: readonly number[]): number => (c === undefined ? 0 : beta * readBroadcast(c, index));
  return [generate(product.dims, (index) => alpha * read(product, index) + added(index))];
};
