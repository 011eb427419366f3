import { createHash } from 'node:crypto';
import {
  type Dataset,
  joinDatasets,
  readSource,
  type Sample,
  type TrainSample,
} from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';

/** Pictures that a network is validated on while it is trained: it never learns from the queries. */
export interface Validation {
  /** The source, as it was given. */
  readonly name: string;
  readonly queries: readonly Sample[];
  /** Null: each query is looked for among the other queries. */
  readonly gallery: readonly Sample[] | null;
}

/** The pictures of a run: those trained on and those validated on. */
export interface TrainingData {
  readonly samples: readonly TrainSample[];
  /** The labels, in the order of their numbers. */
  readonly classes: readonly string[];
  readonly validations: readonly Validation[];
  /** SHA-256 of the ids and labels of the samples. */
  readonly hash: string;
  /** SHA-256 of the classes. */
  readonly classesHash: string;
}

const ofSplit = (dataset: Dataset, ...splits: readonly (string | undefined)[]): Sample[] =>
  dataset.samples.filter(({ split }) => splits.includes(split));

/** A source's own validation: queries against a gallery, else its test pictures against each other. */
function ownValidation(dataset: Dataset): Validation[] {
  const queries = ofSplit(dataset, 'query');
  const gallery = ofSplit(dataset, 'gallery');
  const test = ofSplit(dataset, 'test');
  if (queries.length > 0 && gallery.length > 0) return [{ name: dataset.source, queries, gallery }];
  return test.length > 0 ? [{ name: dataset.source, queries: test, gallery: null }] : [];
}

async function readValidation(dataset: Dataset, query: string | undefined): Promise<Validation[]> {
  if (query === undefined) return ownValidation(dataset);
  const { samples } = await readSource(query);
  return [{ name: query, queries: samples, gallery: ofSplit(dataset, 'train', undefined) }];
}

function hashOf(samples: readonly Sample[]): string {
  const hash = createHash('sha256');
  for (const { id, label } of samples) hash.update(`${JSON.stringify([id, label])}\n`);
  return hash.digest('hex');
}

/**
 * Reads the sources of a run. Pictures whose split is `train`, or that have none, are trained on; equal labels of two
 * sources are different classes.
 * @param queries one source of query pictures for each source, whose training pictures are their gallery; none: a
 * source is validated by its splits `query` and `gallery`, or `test`
 * @throws SnapshelfError `source-invalid`; RangeError if there are queries but not one for each source.
 */
export async function readTrainingData(
  sources: readonly string[],
  queries: readonly string[],
): Promise<TrainingData> {
  if (queries.length > 0 && queries.length !== sources.length)
    throw new RangeError(
      `queries must be one for each of the ${sources.length} sources, or none, not ${queries.length}.`,
    );
  const datasets = await Promise.all(sources.map((source) => readSource(source)));
  const samples = ofSplit(joinDatasets(datasets), 'train', undefined);
  if (samples.length === 0)
    throw new SnapshelfError('source-invalid', `There is no picture to train on in ${sources.join(', ')}.`);
  const classes = [...new Set(samples.map(({ label }) => label))].sort();
  const numbers = new Map(classes.map((label, number) => [label, number]));
  const validations = await Promise.all(datasets.map((dataset, at) => readValidation(dataset, queries[at])));
  return {
    samples: samples.map(({ path, label }) => ({ path, label: numbers.get(label) ?? 0 })),
    classes,
    validations: validations.flat(),
    hash: hashOf(samples),
    classesHash: createHash('sha256').update(JSON.stringify(classes)).digest('hex'),
  };
}
