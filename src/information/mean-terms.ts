import type { CrossFit } from './cross-fit.ts';
import type { LabelledRows } from './labelled-rows.ts';
import { LogSums } from './log-sums.ts';
import { addTransposedTimes, type Matrix, rowsOf, timesTransposed, zeros } from './matrix.ts';
import { type Terms, termsOf } from './pair-terms.ts';

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

/** The mean over the rows of the log-sum-exp over the labels of `factor` x (vector · sum of the label). */
function meanOfLogSums(vectors: Matrix, sums: Matrix, factor: number): number {
  const logs = new LogSums(vectors.rows);
  const products = zeros(1, sums.rows);
  for (let row = 0; row < vectors.rows; row += 1) {
    timesTransposed(rowsOf(vectors, row, row + 1), sums, products);
    for (const product of products.data) logs.add(row, factor * product);
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
export function meanTerms(
  rows: LabelledRows,
  { probabilities, conditionalEntropy }: CrossFit,
  lambda: number,
): MeanTerms {
  const { vectors, classes } = rows;
  const n = vectors.rows;
  const sums = sumsOf(rows);
  const within = sumOfSquares(sums.data) / n ** 2;
  const soft = zeros(classes, vectors.columns);
  addTransposedTimes(probabilities, vectors, soft);
  const softMeans = sumOfSquares(soft.data) / n ** 2;
  return {
    center: termsOf(scatter(rows, sums), conditionalEntropy),
    pce: termsOf(
      -within / (2 * lambda),
      meanOfLogSums(vectors, soft, 1 / (lambda * n)) - softMeans / (2 * lambda),
    ),
    spce: termsOf(-within, meanOfLogSums(vectors, sums, 1 / n)),
  };
}
