import { createHash } from 'node:crypto';
import { resolve, sep } from 'node:path';
import { checkNumber } from '../../arguments.ts';
import {
  type Dataset,
  joinDatasets,
  joinRemarks,
  type Remarks,
  readSource,
  type Sample,
  type TrainSample,
} from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { counted } from '../../text.ts';
import type { RunOptions } from '../train-options.ts';
import { heldOutOf } from './hold-out.ts';
import type { Validation } from './validation.ts';

/** The pictures of a run: those trained on and those validated on. */
export interface TrainingData {
  readonly samples: readonly TrainSample[];
  /** The labels, in the order of their numbers. */
  readonly classes: readonly string[];
  readonly validations: readonly Validation[];
  /** The things that the readers of the sources and queries passed over. */
  readonly remarks: Remarks;
  /** SHA-256 of the ids and labels of the samples. */
  readonly hash: string;
  /** SHA-256 of the classes. */
  readonly classesHash: string;
}

const ofSplit = (dataset: Dataset, ...splits: readonly (string | undefined)[]): Sample[] =>
  dataset.samples.filter(({ split }) => splits.includes(split));

/** A source's own validation: queries against a gallery, else its test pictures against each other. */
function ownValidation(name: string, dataset: Dataset): Validation[] {
  const queries = ofSplit(dataset, 'query');
  const gallery = ofSplit(dataset, 'gallery');
  const test = ofSplit(dataset, 'test');
  if (queries.length > 0 && gallery.length > 0) return [{ name, queries, gallery }];
  return test.length > 0 ? [{ name, queries: test, gallery: null }] : [];
}

/** A source without the pictures that are held out of it, and what it is validated on. */
interface Part {
  readonly dataset: Dataset;
  readonly validations: readonly Validation[];
  readonly remarks: readonly Remarks[];
}

/**
 * Names of what is validated with: the last two parts of each path, or all of it where two are alike. They are those of
 * the logs, and the same from wherever a run is resumed.
 */
function namesOf({ sources, queries = [] }: DataOptions): string[] {
  const paths = sources.map((source, at) => resolve(queries[at] ?? source));
  const short = paths.map((path) => path.split(sep).slice(-2).join('/'));
  return short.map((name, at) =>
    short.filter((other) => other === name).length > 1 ? (paths[at] ?? name) : name,
  );
}

/** Says which pictures of a source take no part in a run: those of splits that it has no use for. */
function unused(name: string, { samples }: Dataset, trained: Sample[], validations: Validation[]): string[] {
  const used = new Set([
    ...trained,
    ...validations.flatMap(({ queries, gallery }) => [...queries, ...(gallery ?? [])]),
  ]);
  const counts = new Map<string, number>();
  for (const sample of samples)
    if (!used.has(sample)) counts.set(sample.split ?? '', (counts.get(sample.split ?? '') ?? 0) + 1);
  if (counts.size === 0) return [];
  const count = [...counts.values()].reduce((sum, one) => sum + one, 0);
  const splits = [...counts].sort().map(([split, one]) => `${one} of the split ${split}`);
  const why =
    validations.length === 0
      ? 'the splits query and gallery are validated with together, or test alone'
      : 'the run is validated with others';
  return [
    `${counted(count, 'picture')} of ${name} ${count === 1 ? 'is' : 'are'} neither trained on nor validated with, ${splits.join(', ')}: ${why}`,
  ];
}

/** Splits a source into what it is trained on and validated with. */
async function partOf(
  source: string,
  name: string,
  dataset: Dataset,
  query: string | undefined,
  run: DataOptions,
): Promise<Part> {
  const samples = ofSplit(dataset, 'train', undefined);
  const partWith = (trained: readonly Sample[], validations: Validation[], asked: Remarks[] = []): Part => {
    const notes = unused(source, dataset, samples, validations);
    return {
      dataset: { ...dataset, samples: trained },
      validations,
      remarks: [dataset, ...asked, { leftOut: [], notes }],
    };
  };
  const held = heldOutOf({ ...dataset, samples, name }, run);
  if (held !== undefined) return partWith(held.trained, [held.validation]);
  if (query === undefined) return partWith(samples, ownValidation(name, dataset));
  const asked = await readSource(query);
  return partWith(samples, [{ name, queries: asked.samples, gallery: samples }], [asked]);
}

function hashOf(samples: readonly Sample[]): string {
  const hash = createHash('sha256');
  for (const { id, label } of samples) hash.update(`${JSON.stringify([id, label])}\n`);
  return hash.digest('hex');
}

/** The options of a run that say what is trained on and validated on. */
export type DataOptions = Pick<RunOptions, 'sources' | 'queries' | 'holdOut' | 'holdOutLabels' | 'seed'>;

function checkValidation({ sources, queries = [], holdOut, holdOutLabels }: DataOptions): void {
  if (queries.length > 0 && queries.length !== sources.length)
    throw new RangeError(
      `queries must be one for each of the ${sources.length} sources, or none, not ${queries.length}.`,
    );
  for (const [name, share] of Object.entries({ holdOut, holdOutLabels }))
    if (typeof share === 'number') checkNumber(name, share, { above: 0, below: 1 });
  const ways = [queries.length > 0, typeof holdOut === 'number', typeof holdOutLabels === 'number'];
  if (ways.filter(Boolean).length > 1)
    throw new RangeError(
      'Only one of queries, holdOut and holdOutLabels can say what is validated on. Leave out the others.',
    );
}

/**
 * Reads the sources of a run. Pictures whose split is `train`, or that have none, are trained on, but for those held
 * out; equal labels of two sources are different classes. Without queries and nothing held out, a source is validated by
 * its splits `query` and `gallery`, or `test`.
 * @throws SnapshelfError `source-invalid`; RangeError if there are queries but not one for each source, or several ways
 * to validate.
 */
export async function readTrainingData(run: DataOptions): Promise<TrainingData> {
  checkValidation(run);
  const { sources, queries = [] } = run;
  const datasets = await Promise.all(sources.map((source) => readSource(source)));
  const names = namesOf(run);
  const parts = await Promise.all(
    datasets.map((dataset, at) => partOf(sources[at] ?? '', names[at] ?? '', dataset, queries[at], run)),
  );
  const { samples } = joinDatasets(parts.map(({ dataset }) => dataset));
  if (samples.length === 0)
    throw new SnapshelfError('source-invalid', `There is no picture to train on in ${sources.join(', ')}.`);
  const classes = [...new Set(samples.map(({ label }) => label))].sort();
  const numbers = new Map(classes.map((label, number) => [label, number]));
  return {
    samples: samples.map(({ path, label }) => ({ path, label: numbers.get(label) ?? 0 })),
    classes,
    validations: parts.flatMap(({ validations }) => validations),
    remarks: joinRemarks(parts.flatMap(({ remarks }) => remarks)),
    hash: hashOf(samples),
    classesHash: createHash('sha256').update(JSON.stringify(classes)).digest('hex'),
  };
}
