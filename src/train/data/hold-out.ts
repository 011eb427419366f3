import type { Dataset, Sample } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { sha256 } from '../../files/index.ts';
import { counted } from '../../text.ts';
import type { RunOptions } from '../train-options.ts';
import type { Validation } from './validation.ts';

/** The training pictures of a source, and its name for people. */
interface Named extends Pick<Dataset, 'samples'> {
  readonly name: string;
}

/** The pictures of a source that are trained on, and those held out to validate on. */
export interface HeldOut {
  readonly trained: readonly Sample[];
  readonly validation: Validation;
}

/**
 * Orders by a hash of seed and key: the choice does not change with the machine, and hardly when pictures are added.
 */
function drawn<T>(items: readonly T[], keyOf: (item: T) => string, seed: number): T[] {
  const keyed = items.map((item) => ({ item, hash: sha256(`${seed}\n${keyOf(item)}`) }));
  return keyed.sort((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ item }) => item);
}

function byLabel(samples: readonly Sample[]): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.label);
    if (group === undefined) groups.set(sample.label, [sample]);
    else group.push(sample);
  }
  return groups;
}

const tooFew = (source: string, why: string): SnapshelfError =>
  new SnapshelfError(
    'source-invalid',
    `Nothing can be held out of ${source}: ${why}. Add pictures, or name others.`,
  );

/** Holds out a share of each label's pictures: at least one of two, never all. The others are their gallery. */
function pictures({ name: source, samples }: Named, share: number, seed: number): HeldOut {
  const held = new Set<Sample>();
  for (const group of byLabel(samples).values()) {
    const count = Math.min(group.length - 1, Math.max(1, Math.round(share * group.length)));
    for (const sample of drawn(group, ({ id }) => id, seed).slice(0, count)) held.add(sample);
  }
  if (held.size === 0) throw tooFew(source, 'no label has two pictures');
  const trained = samples.filter((sample) => !held.has(sample));
  const name = `${source} (held out)`;
  return { trained, validation: { name, queries: [...held].sort(inOrder(samples)), gallery: trained } };
}

/** Holds out all pictures of a share of the labels, at least two of them: each is looked for among the others. */
function labels({ name: source, samples }: Named, share: number, seed: number): HeldOut {
  const groups = byLabel(samples);
  // A picture that is alone with its label cannot be found.
  const fit = [...groups].filter(([, group]) => group.length > 1).map(([label]) => label);
  const count = Math.max(2, Math.round(share * groups.size));
  const chosen = new Set(drawn(fit, (label) => label, seed).slice(0, count));
  if (chosen.size < 2) throw tooFew(source, 'two labels of two pictures each are needed to validate with');
  if (groups.size - chosen.size < 2)
    throw tooFew(source, `of its ${counted(groups.size, 'label')} two must be left to train on`);
  const queries = samples.filter(({ label }) => chosen.has(label));
  const trained = samples.filter(({ label }) => !chosen.has(label));
  return { trained, validation: { name: `${source} (labels held out)`, queries, gallery: null } };
}

function inOrder(samples: readonly Sample[]): (a: Sample, b: Sample) => number {
  const places = new Map(samples.map((sample, at) => [sample, at]));
  return (a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0);
}

/**
 * Splits the training pictures of a source as a run asks for; undefined if it does not. Which pictures are held out
 * follows from the seed, and their ids or labels.
 * @throws SnapshelfError `source-invalid` if too little would be left.
 */
export function heldOutOf(
  source: Named,
  { holdOut, holdOutLabels, seed = 1 }: Pick<RunOptions, 'holdOut' | 'holdOutLabels' | 'seed'>,
): HeldOut | undefined {
  if (typeof holdOut === 'number') return pictures(source, holdOut, seed);
  return typeof holdOutLabels === 'number' ? labels(source, holdOutLabels, seed) : undefined;
}
