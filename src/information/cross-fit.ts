import type { LabelledRows } from './labelled-rows.ts';
import {
  addTransposedTimes,
  cholesky,
  type Matrix,
  rowsOf,
  solveRows,
  timesTransposed,
  zeros,
} from './matrix.ts';
import { minimise, type Objective } from './minimise.ts';
import type { InformationParameters } from './parameters.ts';
import { standardise } from './standardise.ts';

/** The probabilities of the labels of each row from a classifier that was trained on other rows. */
export interface CrossFit {
  /** `float64[N,K]` */
  readonly probabilities: Matrix;
  /** The mean of -log of the probability of a row's own label, nats. */
  readonly conditionalEntropy: number;
  /** The most iterations that a classifier took. */
  readonly iterations: number;
  /** False if a classifier was not trained to its end. */
  readonly isConverged: boolean;
}

/** Gives other work its turn. */
type Pause = () => Promise<void>;

/** Rows that are worked on between two pauses. */
const piece = 64;

/** Length of the gradient, per row, at which a classifier is trained. */
const tolerance = 1e-8;
/** Length of the gradient where float64 may end before the tolerance. */
const goodEnough = 1e-6;

async function inPieces(x: Matrix, pause: Pause, work: (part: Matrix) => void): Promise<void> {
  for (let from = 0; from < x.rows; from += piece) {
    work(rowsOf(x, from, Math.min(from + piece, x.rows)));
    await pause();
  }
}

/** The fold of each row: the rows of each label are dealt out in turn, so that every fold has its share of each label. */
function foldsOf(labels: Int32Array, classes: number, folds: number): Int32Array {
  const sizes = new Int32Array(classes);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  // A label goes on with the fold after the last one of the label before: folds differ by one row at most.
  const next = new Int32Array(classes);
  for (let label = 1; label < classes; label += 1)
    next[label] = ((next[label - 1] as number) + (sizes[label - 1] as number)) % folds;
  return labels.map((label) => {
    const fold = next[label] as number;
    next[label] = (fold + 1) % folds;
    return fold;
  });
}

/** Replaces the logits of rows by their softmax. */
function softmax({ rows, columns, data }: Matrix): void {
  for (let row = 0; row < rows; row += 1) {
    const logits = data.subarray(row * columns, (row + 1) * columns);
    let most = Number.NEGATIVE_INFINITY;
    for (const logit of logits) if (logit > most) most = logit;
    let sum = 0;
    for (let k = 0; k < columns; k += 1) {
      const power = Math.exp((logits[k] as number) - most);
      logits[k] = power;
      sum += power;
    }
    for (let k = 0; k < columns; k += 1) logits[k] = (logits[k] as number) / sum;
  }
}

/**
 * The regularised loss of a classifier of rows that are preconditioned by `L` (`L Lᵀ = xᵀx/2n + penalty`, Böhning's bound of
 * the Hessian): the penalty on the weights is then half of (squared weights - squared logits / 2n).
 */
function objectiveOf(x: Matrix, labels: Int32Array, classes: number): Objective {
  const n = x.rows;
  const logits = zeros(n, classes);
  const rests = zeros(n, classes);
  return (point, gradient) => {
    const weights = { rows: classes, columns: x.columns, data: point };
    timesTransposed(x, weights, logits);
    rests.data.set(logits.data);
    softmax(rests);
    let loss = 0;
    let squares = 0;
    for (let row = 0; row < n; row += 1) {
      const own = row * classes + (labels[row] as number);
      loss -= logOfSoftmax(logits.data, row * classes, classes, own);
      rests.data[own] = (rests.data[own] as number) - 1;
    }
    for (let at = 0; at < rests.data.length; at += 1) {
      const logit = logits.data[at] as number;
      squares += logit * logit;
      rests.data[at] = ((rests.data[at] as number) - logit / 2) / n;
    }
    gradient.set(point);
    addTransposedTimes(rests, x, { rows: classes, columns: x.columns, data: gradient });
    const weight = point.reduce((sum, value) => sum + value * value, 0);
    return loss / n + (weight - squares / (2 * n)) / 2;
  };
}

/** The logarithm of a probability, which may be too small for a number of its own. */
function logOfSoftmax(logits: Float64Array, from: number, count: number, own: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let k = from; k < from + count; k += 1) most = Math.max(most, logits[k] as number);
  let sum = 0;
  for (let k = from; k < from + count; k += 1) sum += Math.exp((logits[k] as number) - most);
  return (logits[own] as number) - most - Math.log(sum);
}

/** Half of the mean products of the columns of the training rows, with the penalty on the diagonal. */
function boundOf(products: readonly Matrix[], without: number, rows: number, penalty: number): Matrix {
  const size = products[0]?.rows ?? 0;
  const bound = zeros(size, size);
  for (const [fold, { data }] of products.entries())
    if (fold !== without)
      for (let at = 0; at < data.length; at += 1)
        bound.data[at] = (bound.data[at] as number) + (data[at] as number) / (2 * rows);
  for (let at = 0; at < size; at += 1)
    bound.data[at * size + at] = (bound.data[at * size + at] as number) + penalty;
  return bound;
}

/** Rows with a number of each. */
interface Part {
  readonly x: Matrix;
  readonly rows: readonly number[];
}

function partOf(x: Matrix, rows: readonly number[]): Part {
  const copy = zeros(rows.length, x.columns);
  for (const [at, row] of rows.entries()) copy.data.set(rowsOf(x, row, row + 1).data, at * x.columns);
  return { x: copy, rows };
}

/** Sums of products of the columns of the rows of each fold. */
async function productsOf(
  x: Matrix,
  members: readonly (readonly number[])[],
  pause: Pause,
): Promise<Matrix[]> {
  const products: Matrix[] = [];
  for (const rows of members) {
    const sums = zeros(x.columns, x.columns);
    await inPieces(partOf(x, rows).x, pause, (part) => addTransposedTimes(part, part, sums));
    products.push(sums);
  }
  return products;
}

/** Logits of rows from a classifier that was trained on others, `float64[N,K]`, and how its training ended. */
interface Predicted {
  readonly logits: Matrix;
  readonly iterations: number;
  readonly isConverged: boolean;
}

/** Trains a classifier on some rows and predicts others. */
async function predict(
  seen: Part,
  asked: Part,
  { labels, classes }: LabelledRows,
  bound: Matrix,
  pause: Pause,
): Promise<Predicted> {
  const lower = cholesky(bound);
  for (const { x } of [seen, asked]) await inPieces(x, pause, (part) => solveRows(lower, part));
  const known = Int32Array.from(seen.rows, (row) => labels[row] as number);
  const { columns } = seen.x;
  const minimum = await minimise(objectiveOf(seen.x, known, classes), classes * columns, tolerance, pause);
  const logits = zeros(asked.rows.length, classes);
  timesTransposed(asked.x, { rows: classes, columns, data: minimum.point }, logits);
  return { logits, iterations: minimum.iterations, isConverged: minimum.gradient <= goodEnough };
}

/**
 * Predicts each row by multinomial logistic regression on the other folds: mean cross-entropy + penalty/2 x the squared
 * weights, the bias included, in float64, trained until the gradient vanishes. It follows from the rows alone.
 * @param onFold called after each fold
 */
export async function crossFit(
  rows: LabelledRows,
  { folds, penalty }: InformationParameters['classifier'],
  pause: Pause,
  onFold: () => void,
): Promise<CrossFit> {
  const { vectors, labels, classes } = rows;
  const x = standardise(vectors);
  await pause();
  const foldOf = foldsOf(labels, classes, folds);
  const members = Array.from({ length: folds }, (_, fold) =>
    [...labels.keys()].filter((row) => foldOf[row] === fold),
  );
  const products = await productsOf(x, members, pause);
  const probabilities = zeros(x.rows, classes);
  let iterations = 0;
  let isConverged = true;
  let entropy = 0;
  for (const [fold, held] of members.entries()) {
    const seen = partOf(
      x,
      members.flatMap((others, at) => (at === fold ? [] : others)),
    );
    const bound = boundOf(products, fold, seen.rows.length, penalty);
    const predicted = await predict(seen, partOf(x, held), rows, bound, pause);
    const { logits } = predicted;
    for (const [at, row] of held.entries())
      entropy -= logOfSoftmax(logits.data, at * classes, classes, at * classes + (labels[row] as number));
    softmax(logits);
    for (const [at, row] of held.entries())
      probabilities.data.set(rowsOf(logits, at, at + 1).data, row * classes);
    iterations = Math.max(iterations, predicted.iterations);
    isConverged &&= predicted.isConverged;
    onFold();
  }
  return { probabilities, conditionalEntropy: entropy / x.rows, iterations, isConverged };
}
