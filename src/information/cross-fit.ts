import { softmax, trainClassifier } from './classifier.ts';
import type { LabelledRows } from './labelled-rows.ts';
import { type Matrix, rowsOf, zeros } from './matrix.ts';
import type { InformationParameters } from './parameters.ts';
import type { Products } from './products.ts';
import { standardise } from './standardise.ts';

/** The probabilities of the labels of each row from a classifier that was trained on other rows. */
export interface CrossFit {
  /** `float64[N,K]` */
  readonly probabilities: Matrix;
  /** The mean of -log of the probability of a row's own label, nats. */
  readonly conditionalEntropy: number;
  /** False if a classifier was not trained to its end. */
  readonly isConverged: boolean;
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

/** Copies rows, with their labels. */
function partOf(x: Matrix, labels: Int32Array, rows: readonly number[]) {
  const copy = zeros(rows.length, x.columns);
  for (const [at, row] of rows.entries()) copy.data.set(rowsOf(x, row, row + 1).data, at * x.columns);
  return { x: copy, labels: Int32Array.from(rows, (row) => labels[row] as number) };
}

/**
 * Predicts each row by multinomial logistic regression on the other folds: mean cross-entropy + penalty/2 x the squared
 * weights, the bias included, in float64, trained until the gradient vanishes. It follows from the rows alone.
 * @param pause gives other work its turn
 * @param onFold called after each fold
 */
export async function crossFit(
  { vectors, labels, classes }: LabelledRows,
  { folds, penalty }: InformationParameters['classifier'],
  products: Products,
  pause: () => Promise<void>,
  onFold: () => void,
): Promise<CrossFit> {
  const x = await standardise(vectors, products);
  const foldOf = foldsOf(labels, classes, folds);
  const probabilities = zeros(x.rows, classes);
  let isConverged = true;
  let entropy = 0;
  for (let fold = 0; fold < folds; fold += 1) {
    const rows = [...labels.keys()];
    const held = rows.filter((row) => foldOf[row] === fold);
    const others = partOf(
      x,
      labels,
      rows.filter((row) => foldOf[row] !== fold),
    );
    const trained = await trainClassifier({ ...others, classes }, penalty, products, pause);
    const asked = partOf(x, labels, held);
    const predicted = await products.multiply('NT', asked.x, trained.weights);
    entropy += softmax(predicted, asked.labels);
    for (const [at, row] of held.entries())
      probabilities.data.set(rowsOf(predicted, at, at + 1).data, row * classes);
    isConverged &&= trained.isConverged;
    onFold();
  }
  return { probabilities, conditionalEntropy: entropy / x.rows, isConverged };
}
