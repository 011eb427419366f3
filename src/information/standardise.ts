import { type Matrix, zeros } from './matrix.ts';
import type { Products } from './products.ts';

/** Subtracts the mean of the rows, and divides by one number, so that the numbers of a column vary by 1 in the mean. */
function centred({ rows, columns, data }: Matrix): Matrix {
  const means = new Float64Array(columns);
  for (let at = 0; at < data.length; at += 1)
    means[at % columns] = (means[at % columns] as number) + (data[at] as number);
  const result = zeros(rows, columns);
  let sum = 0;
  for (let at = 0; at < data.length; at += 1) {
    const value = (data[at] as number) - (means[at % columns] as number) / rows;
    result.data[at] = value;
    sum += value * value;
  }
  const scale = Math.sqrt(sum / data.length);
  // Equal vectors stay zero.
  if (scale > 0)
    for (let at = 0; at < data.length; at += 1) result.data[at] = (result.data[at] as number) / scale;
  return result;
}

/**
 * Turns rows of many columns into the space that they span: their inner products, all that a linear classifier sees of them,
 * stay. A Cholesky decomposition of the matrix of inner products, with pivots.
 */
async function turned(x: Matrix, products: Products): Promise<Matrix> {
  const n = x.rows;
  const { data: inner } = await products.multiply('NT', x, x);
  const result = zeros(n, n);
  const left = Float64Array.from({ length: n }, (_, row) => inner[row * n + row] as number);
  const smallest = 1e-12 * Math.max(...left);
  let rank = 0;
  for (; rank < n; rank += 1) {
    let pivot = 0;
    for (let row = 1; row < n; row += 1) if ((left[row] as number) > (left[pivot] as number)) pivot = row;
    const most = left[pivot] as number;
    if (most <= smallest) break;
    const root = Math.sqrt(most);
    for (let row = 0; row < n; row += 1) {
      let product = inner[row * n + pivot] as number;
      for (let at = 0; at < rank; at += 1)
        product -= (result.data[row * n + at] as number) * (result.data[pivot * n + at] as number);
      result.data[row * n + rank] = product / root;
      left[row] = (left[row] as number) - (product / root) ** 2;
    }
    left[pivot] = 0;
  }
  return firstColumns(result, rank);
}

function firstColumns({ rows, columns, data }: Matrix, count: number): Matrix {
  const result = zeros(rows, count);
  for (let row = 0; row < rows; row += 1)
    result.data.set(data.subarray(row * columns, row * columns + count), row * count);
  return result;
}

/** Adds a column of ones, whose weight is the bias. */
function withOnes({ rows, columns, data }: Matrix): Matrix {
  const result = zeros(rows, columns + 1);
  for (let row = 0; row < rows; row += 1) {
    result.data.set(data.subarray(row * columns, (row + 1) * columns), row * (columns + 1));
    result.data[row * (columns + 1) + columns] = 1;
  }
  return result;
}

/**
 * Prepares vectors for the linear classifier: centred, of variance 1 in the mean over the columns, with a column of ones for
 * the bias; of more columns than rows, turned into the space of the rows, which changes no prediction.
 */
export async function standardise(vectors: Matrix, products: Products): Promise<Matrix> {
  const x = centred(vectors);
  return withOnes(x.columns > x.rows ? await turned(x, products) : x);
}
