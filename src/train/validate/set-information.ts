import type { Sample } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { type InformationFigures, information } from '../../information/index.ts';
import { silentLogger } from '../../log.ts';
import type { Validation } from '../data/validation.ts';
import type { TrainOptions } from '../train-options.ts';

/** The most pictures and labels that are measured of a validation set: some seconds of work. */
const mostPictures = 256;
const mostLabels = 32;

/** Each `length / count`-th value. */
const spread = <T>(values: readonly T[], count: number): T[] =>
  Array.from({ length: count }, (_, at) => values[Math.floor((at * values.length) / count)] as T);

/**
 * Chooses the pictures of a validation set whose information is measured: of at most 32 of the labels with two queries or
 * more, spread evenly over them, the first queries, as many of each as make at most 256. The choice follows from the
 * queries alone.
 */
export function informationSample({ queries }: Pick<Validation, 'queries'>): Sample[] {
  const byLabel = new Map<string, Sample[]>();
  for (const sample of queries) {
    const own = byLabel.get(sample.label);
    if (own === undefined) byLabel.set(sample.label, [sample]);
    else own.push(sample);
  }
  const labels = [...byLabel.values()].filter(({ length }) => length >= 2);
  const chosen = spread(labels, Math.min(labels.length, mostLabels));
  return chosen.flatMap((samples) => samples.slice(0, Math.floor(mostPictures / chosen.length)));
}

/** A warning about each validation set that has nothing to measure: told once, not at each measuring. */
export const informationWarnings = (validations: readonly Validation[]): string[] =>
  validations
    .filter((validation) => informationSample(validation).length === 0)
    .map(
      ({ name }) => `The information of ${name} is not measured: no label has two queries. Hold out more.`,
    );

/** Pictures of a validation set with their vectors one after the other, `float32[N,D]`. */
interface MeasuredSet {
  readonly name: string;
  readonly samples: readonly Sample[];
  readonly vectors: Float32Array;
}

/** The rows of some of the pictures. */
function rowsOf({ samples, vectors }: MeasuredSet, wanted: ReadonlySet<Sample>) {
  const dimension = vectors.length / samples.length;
  const rows = [...samples.keys()].filter((row) => wanted.has(samples[row] as Sample));
  const picked = new Float32Array(rows.length * dimension);
  for (const [at, row] of rows.entries())
    picked.set(vectors.subarray(row * dimension, (row + 1) * dimension), at * dimension);
  return { vectors: picked, dimension, labels: rows.map((row) => (samples[row] as Sample).label) };
}

/**
 * Measures the information of the sample of a validation set, its vectors taken as they are; null, with a warning that
 * says why, if it cannot be measured; null for an empty sample, about which `informationWarnings` says it.
 * @param sample of `informationSample`
 * @throws the signal's reason when it aborts
 */
export async function setInformation(
  set: MeasuredSet,
  sample: readonly Sample[],
  { signal, threads, log = silentLogger }: Pick<TrainOptions, 'signal' | 'threads' | 'log'>,
): Promise<InformationFigures | null> {
  if (sample.length === 0) return null;
  try {
    return await information(rowsOf(set, new Set(sample)), { signal, threads });
  } catch (error) {
    if (!(error instanceof SnapshelfError) || error.code !== 'source-invalid') throw error;
    log.warn(`The information of ${set.name} is not measured. ${error.message}`);
    return null;
  }
}
