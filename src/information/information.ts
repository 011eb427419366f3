import { SnapshelfError } from '../errors.ts';
import { counted } from '../text.ts';
import { Yielder } from '../threads/index.ts';
import { type CrossFit, crossFit } from './cross-fit.ts';
import type { InformationFigures } from './information-schema.ts';
import type { LabelledRows, RowDistance } from './labelled-rows.ts';
import { innerProduct, type Matrix } from './matrix.ts';
import { meanTerms } from './mean-terms.ts';
import { type PairTerms, pairTerms, pairTiles } from './pair-terms.ts';
import { type GivenParameters, type InformationParameters, parametersOf } from './parameters.ts';
import { Products } from './products.ts';

/** Vectors one after the other, and the label of each. */
export interface InformationInput {
  /** `float32[N,D]` or `float64[N,D]`, row by row. */
  readonly vectors: Float32Array | Float64Array;
  /** D */
  readonly dimension: number;
  readonly labels: readonly string[];
  /**
   * The distance D of two rows, by their numbers, in the contrastive loss and the entropy. Default: Euclidean. The other rows
   * are of inner products and of means.
   */
  readonly distance?: RowDistance | undefined;
}

/** Options of the figures of vectors. */
export interface InformationOptions {
  readonly parameters?: GivenParameters | undefined;
  /** True: vectors are scaled to length 1 before. Default false. */
  readonly normalize?: boolean | undefined;
  /** Threads that products of matrices use, 1 or more. Default: the number of cores that the process may use. */
  readonly threads?: number | undefined;
  /** Called with the pieces of work done and their number. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const invalid = (message: string): SnapshelfError => new SnapshelfError('source-invalid', message);

/** Rows whose cosines have a meaning, and at least one for each fold. */
function checkRows({ vectors, classes }: LabelledRows, folds: number): void {
  if (vectors.rows < folds)
    throw invalid(
      `There must be at least ${counted(folds, 'vector')}, one for each fold, not ${vectors.rows}: give more vectors, or ask for fewer folds.`,
    );
  if (classes < 2) throw invalid('All vectors have one label: information about labels needs two of them.');
  const bad = vectors.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw invalid(
      `The vector ${Math.floor(bad / vectors.columns)} (from 0) has ${vectors.data[bad]} instead of a finite number.`,
    );
  for (let row = 0; row < vectors.rows; row += 1)
    if (!(innerProduct(vectors, row, row) > 0))
      throw invalid(`The vector ${row} (from 0) has length 0: it has no cosine with others. Leave it out.`);
}

function normalizeRows({ rows, columns, data }: Matrix): void {
  for (let row = 0; row < rows; row += 1) {
    const numbers = data.subarray(row * columns, (row + 1) * columns);
    const length = Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0));
    for (let at = 0; at < columns; at += 1) numbers[at] = (numbers[at] as number) / length;
  }
}

function rowsOf(
  { vectors, dimension, labels, distance }: InformationInput,
  { folds }: InformationParameters['classifier'],
  normalize: boolean,
): LabelledRows {
  if (labels.length * dimension !== vectors.length || dimension < 1)
    throw new RangeError(
      `vectors must be ${labels.length} x ${dimension} numbers, a row for each label, not ${vectors.length}.`,
    );
  const numbers = new Map<string, number>();
  for (const label of labels) if (!numbers.has(label)) numbers.set(label, numbers.size);
  const matrix = { rows: labels.length, columns: dimension, data: Float64Array.from(vectors) };
  const rows = {
    vectors: matrix,
    labels: Int32Array.from(labels, (label) => numbers.get(label) as number),
    classes: numbers.size,
    distance,
  };
  checkRows(rows, folds);
  if (normalize) normalizeRows(matrix);
  return rows;
}

/** H(Y) in nats. */
function labelEntropy({ labels, classes }: LabelledRows): number {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return counts.reduce((sum, count) => sum - (count / labels.length) * Math.log(count / labels.length), 0);
}

/** The long parts of the work: the sums over pairs, and the classifiers. */
async function sumsOf(
  rows: LabelledRows,
  parameters: InformationParameters,
  products: Products,
  { signal, onProgress }: InformationOptions,
): Promise<{ readonly pairs: PairTerms; readonly fit: CrossFit }> {
  const yielder = new Yielder(signal);
  const { classifier } = parameters;
  const tiles = pairTiles(rows.vectors.rows);
  // A classifier takes longer than the pairs, by the number of labels.
  const share = tiles * Math.ceil(rows.classes / 50);
  const total = tiles + classifier.folds * share;
  let done = 0;
  const progress = (pieces: number): void => {
    done += pieces;
    onProgress?.(done, total);
  };
  const pairs = await pairTerms(rows, parameters, products, yielder, () => progress(1));
  const pause = (): Promise<void> => yielder.yieldIfDue();
  const fit = await crossFit(rows, classifier, products, pause, () => progress(share));
  if (!fit.isConverged)
    throw invalid('The linear classifier does not converge on these vectors: ask for a larger penalty.');
  return { pairs, fit };
}

/**
 * Computes both views of the mutual information of vectors and labels: every row of Table 2 of the seed paper with its
 * tightness and contrastive part, the entropy estimate of eq. 6 and H(Y) - H(Y|Z) by a cross-fitted linear classifier. All in
 * float64 and in nats. The figures follow from the arguments, up to rounding.
 * @throws SnapshelfError `source-invalid` for vectors that are not finite or of length 0, for a single label, and for fewer
 * vectors than folds
 * @throws RangeError for parameters out of range; the signal's reason when it aborts
 * @example
 * ```ts
 * import { information, readLabelledTable } from 'snapshelf/evaluate';
 *
 * const rows = await readLabelledTable({ vectors: 'features.npy', labels: 'features.labels.txt' });
 * const { mutualInformation, terms } = await information(rows);
 * console.log(mutualInformation, terms.spce.value);
 * ```
 */
export async function information(
  input: InformationInput,
  options: InformationOptions = {},
): Promise<InformationFigures> {
  const { normalize = false, threads } = options;
  const parameters = parametersOf(options.parameters);
  const rows = rowsOf(input, parameters.classifier, normalize);
  await using products = new Products(threads);
  const { pairs, fit } = await sumsOf(rows, parameters, products, options);
  const entropyOfLabels = labelEntropy(rows);
  const { conditionalEntropy } = fit;
  return {
    n: rows.vectors.rows,
    dimension: rows.vectors.columns,
    labels: rows.classes,
    normalized: normalize,
    terms: {
      contrastive: pairs.contrastive,
      snca: pairs.snca,
      'multi-similarity': pairs.multiSimilarity,
      ...(await meanTerms(rows, fit, parameters.pce.lambda, products)),
    },
    entropy: pairs.entropy,
    pairsAtDistanceZero: pairs.pairsAtDistanceZero,
    mutualInformation: entropyOfLabels - conditionalEntropy,
    labelEntropy: entropyOfLabels,
    conditionalEntropy,
  };
}
