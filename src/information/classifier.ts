import { cholesky, inverseOfLower, type Matrix, scaledRows, zeros } from './matrix.ts';
import { type Evaluation, minimise, type Objective } from './minimise.ts';
import type { Products } from './products.ts';

/** Rows, and the number of the label of each: 0 to `classes` - 1. */
export interface TrainingRows {
  readonly x: Matrix;
  readonly labels: Int32Array;
  readonly classes: number;
}

/** A trained classifier. */
export interface Trained {
  /** `float64[K,D]` */
  readonly weights: Matrix;
  readonly iterations: number;
  /** False if it was not trained to its end. */
  readonly isConverged: boolean;
}

/** Length of the gradient in the metric of the moment at which a classifier is trained: some 1e-14 above the least loss. */
const tolerance = 1e-7;
/** Length of the gradient where float64 may end before the tolerance. */
const goodEnough = 1e-5;
/** Iterations with one metric. */
const ofOneMetric = 15;
const mostIterations = 2000;

/** Replaces the logits of a row by their softmax, and returns the logarithm of the sum of their exponentials. */
function softmaxOf(logits: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > most) most = logit;
  let sum = 0;
  for (let k = 0; k < logits.length; k += 1) {
    const power = Math.exp((logits[k] as number) - most);
    logits[k] = power;
    sum += power;
  }
  for (let k = 0; k < logits.length; k += 1) logits[k] = (logits[k] as number) / sum;
  return most + Math.log(sum);
}

/** Replaces logits by their softmax, and returns the sum of -log of the probabilities of the rows' own labels. */
export function softmax({ rows, columns, data }: Matrix, labels: Int32Array): number {
  let entropy = 0;
  for (let row = 0; row < rows; row += 1) {
    // The probability may be too small for a number of its own; its logarithm is not.
    const own = data[row * columns + (labels[row] as number)] as number;
    entropy += softmaxOf(data.subarray(row * columns, (row + 1) * columns)) - own;
  }
  return entropy;
}

/** The second derivative of the loss of each row by a logit, in the mean over the labels: the mean of p(1 - p). */
function bends({ rows, columns, data }: Matrix): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let at = row * columns; at < (row + 1) * columns; at += 1)
      sum += (data[at] as number) * (1 - (data[at] as number));
    return sum / columns;
  });
}

/**
 * The loss in the metric `L Lᵀ = xᵀ B x/n + penalty` of the bends B, near which the Hessian is: weights w are the point
 * w L there, rows x are x L⁻ᵀ. The penalty is then half of the squared point, less half of the logits' squares times their bends.
 */
function objectiveOf(
  { x, labels, classes }: TrainingRows,
  bend: Float64Array,
  products: Products,
  pause: () => Promise<void>,
): Objective {
  const n = x.rows;
  return async (point): Promise<Evaluation> => {
    await pause();
    const logits = await products.multiply('NT', x, { rows: classes, columns: x.columns, data: point });
    const rests = { ...logits, data: logits.data.slice() };
    const loss = softmax(rests, labels);
    let squares = 0;
    for (let row = 0; row < n; row += 1) {
      const weight = bend[row] as number;
      for (let at = row * classes; at < (row + 1) * classes; at += 1) {
        const logit = logits.data[at] as number;
        squares += weight * logit * logit;
        rests.data[at] = ((rests.data[at] as number) - weight * logit) / n;
      }
      const own = row * classes + (labels[row] as number);
      rests.data[own] = (rests.data[own] as number) - 1 / n;
    }
    const { data: gradient } = await products.multiply('TN', rests, x);
    let length = 0;
    for (let at = 0; at < point.length; at += 1) {
      const value = point[at] as number;
      length += value * value;
      gradient[at] = (gradient[at] as number) + value;
    }
    return { point, value: loss / n + (length - squares / n) / 2, gradient };
  };
}

/** The `L` of `L Lᵀ = xᵀ B x/n + penalty`. */
async function metricOf(x: Matrix, bend: Float64Array, penalty: number, products: Products): Promise<Matrix> {
  const weights = bend.map((value) => value / x.rows);
  const metric = await products.multiply('TN', scaledRows(x, weights), x);
  for (let at = 0; at < metric.rows; at += 1)
    metric.data[at * metric.rows + at] = (metric.data[at * metric.rows + at] as number) + penalty;
  return cholesky(metric);
}

/**
 * Trains multinomial logistic regression until its gradient vanishes: mean cross-entropy + penalty/2 x the squared weights.
 * The metric in which L-BFGS goes down is renewed on the way: rows that are told apart for certain bend the loss no more.
 */
export async function trainClassifier(
  rows: TrainingRows,
  penalty: number,
  products: Products,
  pause: () => Promise<void>,
): Promise<Trained> {
  const { x, labels, classes } = rows;
  let weights = zeros(classes, x.columns);
  for (let iterations = 0; ; ) {
    const probabilities = await products.multiply('NT', x, weights);
    softmax(probabilities, labels);
    const bend = bends(probabilities);
    const lower = await metricOf(x, bend, penalty, products);
    await pause();
    const inverse = inverseOfLower(lower);
    await pause();
    const turned = { ...rows, x: await products.multiply('NT', x, inverse) };
    const start = await products.multiply('NN', weights, lower);
    const objective = objectiveOf(turned, bend, products, pause);
    const minimum = await minimise(objective, start.data, tolerance, ofOneMetric);
    weights = await products.multiply('NN', { ...start, data: minimum.point }, inverse);
    iterations += minimum.iterations;
    if (minimum.gradient <= tolerance || minimum.isStuck || iterations >= mostIterations)
      return { weights, iterations, isConverged: minimum.gradient <= goodEnough };
  }
}
