import { createHash } from 'node:crypto';
import {
  type Dataset,
  joinDatasets,
  joinRemarks,
  type Remarks,
  readSource,
  type Sample,
} from '../datasets/index.ts';
import { SnapshelfError } from '../errors.ts';
import { counted, listed } from '../text.ts';
import { heldOutOf } from '../train/data/hold-out.ts';

/** Pictures to measure on: queries, and the gallery that they are looked for in. */
export interface Measured {
  readonly queries: readonly Sample[];
  /** Null: each query is looked for among all the others. */
  readonly gallery: readonly Sample[] | null;
}

/** The pictures of a bake-off. No two of training, validation and test have a label in common. */
export interface Parts extends Remarks {
  /** All pictures of the training labels: `search` and `validation` together. */
  readonly training: readonly Sample[];
  /** Pictures that the trainings of the search for values see. */
  readonly search: readonly Sample[];
  /** Pictures of the training labels that the values are chosen on. */
  readonly validation: readonly Sample[];
  readonly test: Measured;
  /** own: the source's splits say what is tested; half: half of the labels is. */
  readonly split: 'own' | 'half';
  /** The data set of the literature that this is a copy of; null if it is none. */
  readonly benchmark: NonNullable<Dataset['benchmark']> | null;
  /** SHA-256 of the ids and labels of all parts. */
  readonly hash: string;
}

/** Shares of the labels that are held out: of all for the test, and of the training labels to choose values on. */
export const shares = { test: 0.5, validation: 0.25 } as const;

const invalid = (message: string): SnapshelfError => new SnapshelfError('source-invalid', message);

const ofSplit = (samples: readonly Sample[], ...splits: readonly (string | undefined)[]): Sample[] =>
  samples.filter(({ split }) => splits.includes(split));

interface Halves {
  readonly training: readonly Sample[];
  readonly test: Measured;
}

/** The labels that the source's own splits train and test. */
function ownHalves(name: string, samples: readonly Sample[]): Halves {
  const training = ofSplit(samples, 'train', undefined);
  const queries = ofSplit(samples, 'query');
  const gallery = ofSplit(samples, 'gallery');
  const test = ofSplit(samples, 'test');
  if (queries.length > 0 && gallery.length > 0) return { training, test: { queries, gallery } };
  if (test.length > 0) return { training, test: { queries: test, gallery: null } };
  throw invalid(
    `${name} has splits, but neither "test" nor "query" with "gallery". Add one, or leave the splits out: half of the labels are then held out for the test.`,
  );
}

/** Parts the labels: some pictures of each part become what is measured. */
function heldOut(name: string, samples: readonly Sample[], share: number, seed: number): Halves {
  const held = heldOutOf({ name, samples }, { holdOutLabels: share, seed });
  if (held === undefined) throw new TypeError('A share of the labels must be held out.');
  return { training: held.trained, test: { queries: held.validation.queries, gallery: null } };
}

/** Refuses labels that are both learned and tested: their figures would not be those of labels never learned. */
function checkApart(name: string, { training, test: { queries, gallery } }: Halves): void {
  const learned = new Set(training.map(({ label }) => label));
  const both = new Set(
    [...queries, ...(gallery ?? [])].map(({ label }) => label).filter((label) => learned.has(label)),
  );
  if (both.size === 0) return;
  const some = listed([...both].slice(0, 3), both.size);
  throw invalid(
    `The labels ${some} of ${name} are in its training and its test pictures, but a bake-off measures labels that were never learned. Leave the splits out: half of the labels are then held out for the test.`,
  );
}

/** Refuses too few labels: two are needed to choose values on, and two others to learn meanwhile. */
function checkEnough(name: string, samples: readonly Sample[], training: readonly Sample[]): void {
  const [all, count] = [samples, training].map((some) => new Set(some.map(({ label }) => label)).size);
  if (count === undefined || all === undefined || count >= 4) return;
  throw invalid(
    `A bake-off needs four labels to train on, two of them to choose values on, but of the ${counted(all, 'label')} of ${name} only ${count} are left beside those of the test. Add labels: without splits, which have the test's labels apart, eight are enough.`,
  );
}

function hashOf(parts: Readonly<Record<string, readonly Sample[]>>): string {
  const hash = createHash('sha256');
  for (const [name, samples] of Object.entries(parts))
    for (const { id, label } of samples) hash.update(`${JSON.stringify([name, id, label])}\n`);
  return hash.digest('hex');
}

/**
 * Reads the pictures of a bake-off and parts their labels. A source's own splits say what is tested; without them half of
 * the labels are held out for the test. A quarter of the training labels is what values are chosen on. Both follow from
 * the seed and the labels.
 * @throws SnapshelfError `source-invalid` if the sources cannot be read, have too few labels, or the same ones in
 * training and test.
 */
export async function readParts(sources: readonly string[], seed: number): Promise<Parts> {
  const datasets = await Promise.all(sources.map((source) => readSource(source)));
  const { samples, source: name } = joinDatasets(datasets);
  const hasSplits = samples.some(({ split }) => split !== undefined);
  const halves = hasSplits ? ownHalves(name, samples) : heldOut(name, samples, shares.test, seed);
  const { training, test } = halves;
  checkApart(name, halves);
  checkEnough(name, samples, training);
  const inner = heldOut(name, training, shares.validation, seed);
  const search = inner.training;
  const validation = inner.test.queries;
  const { queries, gallery } = test;
  return {
    training,
    search,
    validation,
    test: { queries, gallery },
    split: hasSplits ? 'own' : 'half',
    benchmark: datasets.length === 1 ? (datasets[0]?.benchmark ?? null) : null,
    hash: hashOf({ search, validation, queries, gallery: gallery ?? [] }),
    ...joinRemarks(datasets),
  };
}
