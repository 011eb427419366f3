import type { CrossFit } from './cross-fit.ts';
import type { LabelledRows } from './labelled-rows.ts';
import { LogSums } from './log-sums.ts';
import { type Matrix, rowsOf, zeros } from './matrix.ts';
import { type Terms, termsOf } from './pair-terms.ts';
import type { Products } from './products.ts';

/** Sums of the vectors of each label, `float64[K,D]`. */
function sumsOf({ vectors, labels, classes }: LabelledRows): Matrix {
  const { rows, columns, data } = vectors;
  const sums = zeros(classes, columns);
  for (let row = 0; row < rows; row += 1) {
    const to = (labels[row] as number) * columns;
    for (let at = 0; at < columns; at += 1)
      sums.data[to + at] = (sums.data[to + at] as number) + (data[row * columns + at] as number);
  }
  return sums;
}

const sumOfSquares = (data: Float64Array): number => data.reduce((sum, value) => sum + value * value, 0);

/** Half of the squared distances of the vectors from the mean of their label. */
function scatter({ vectors, labels, classes }: LabelledRows, sums: Matrix): number {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  const { columns, data } = vectors;
  let sum = 0;
  for (const [row, label] of labels.entries())
    for (let at = 0; at < columns; at += 1) {
      const mean = (sums.data[label * columns + at] as number) / (counts[label] as number);
      sum += ((data[row * columns + at] as number) - mean) ** 2;
    }
  return sum / 2;
}

/** Rows whose products with the sums are held at once. */
const piece = 1024;

/** The mean over the rows of the log-sum-exp over the labels of `factor` x (vector · sum of the label). */
async function meanOfLogSums(
  vectors: Matrix,
  sums: Matrix,
  factor: number,
  products: Products,
): Promise<number> {
  const logs = new LogSums(vectors.rows);
  for (let from = 0; from < vectors.rows; from += piece) {
    const some = rowsOf(vectors, from, Math.min(from + piece, vectors.rows));
    const { data } = await products.multiply('NT', some, sums);
    for (const [at, product] of data.entries()) logs.add(from + Math.floor(at / sums.rows), factor * product);
  }
  return logs.mean();
}

/** The rows of Table 2 that need no pairs: they follow from the means of the labels. */
export interface MeanTerms {
  readonly center: Terms;
  readonly pce: Terms;
  readonly spce: Terms;
}

/**
 * Computes the rows of Table 2 that follow from the means of the labels: a sum over pairs of one label is a square of a sum.
 * @param lambda of Prop. 1
 */
export async function meanTerms(
  rows: LabelledRows,
  { probabilities, conditionalEntropy }: CrossFit,
  lambda: number,
  products: Products,
): Promise<MeanTerms> {
  const { vectors } = rows;
  const n = vectors.rows;
  const sums = sumsOf(rows);
  const within = sumOfSquares(sums.data) / n ** 2;
  const soft = await products.multiply('TN', probabilities, vectors);
  const softMeans = sumOfSquares(soft.data) / n ** 2;
  return {
    center: termsOf(scatter(rows, sums), conditionalEntropy),
    pce: termsOf(
      -within / (2 * lambda),
      (await meanOfLogSums(vectors, soft, 1 / (lambda * n), products)) - softMeans / (2 * lambda),
    ),
    spce: termsOf(-within, await meanOfLogSums(vectors, sums, 1 / n, products)),
  };
}
