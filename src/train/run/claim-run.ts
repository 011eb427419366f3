import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SnapshelfError } from '../../errors.ts';
import { fileHash } from '../../weights/index.ts';
import type { TrainingData } from '../data/training-data.ts';
import type { RunOptions } from '../train-options.ts';
import type { RunConfig } from './run-config.ts';
import type { RunFolder } from './run-folder.ts';

/** A file and its hash; where it is gone, what the run recorded of it: a checkpoint has all that came from weights. */
async function identified(
  path: string | undefined,
  recorded: RunConfig['weights'] | undefined,
): Promise<RunConfig['weights']> {
  if (path === undefined) return null;
  const whole = resolve(path);
  if (recorded?.path === whole && !existsSync(whole)) return recorded;
  return { path: whole, sha256: await fileHash(whole) };
}

/**
 * What a run is, from what is asked and what was found.
 * @throws SnapshelfError `source-invalid` when there is one class only.
 */
export async function configOf(
  options: RunOptions,
  data: TrainingData,
  recorded: RunConfig | undefined,
): Promise<RunConfig> {
  const { architecture, recipe, recipeName, weights, teacher, seed = 1, skipBad = false } = options;
  if (data.classes.length < 2)
    throw new SnapshelfError(
      'source-invalid',
      `All pictures have the label ${data.classes[0]}: there is nothing to tell apart.`,
    );
  return {
    formatVersion: 1,
    architecture,
    recipeName,
    recipe,
    seed,
    sources: options.sources.map((path) => resolve(path)),
    queries: (options.queries ?? []).map((path) => resolve(path)),
    weights: await identified(weights, recorded?.weights),
    teacher: await identified(teacher, recorded?.teacher),
    validateEvery: options.validateEvery ?? Math.max(1, Math.round(recipe.epochs / 10)),
    skipBad,
    classes: data.classes.length,
    images: data.samples.length,
    data: data.hash,
    labels: recorded?.labels === null ? null : data.classesHash,
  };
}

/** What differs between a run and what is asked of it now. */
function differences(recorded: RunConfig, asked: RunConfig): string[] {
  return (Object.keys(asked) as (keyof RunConfig)[]).filter(
    (key) => !isDeepStrictEqual(recorded[key], asked[key]),
  );
}

/**
 * The run's own record wins; what is asked must agree with it.
 * @throws SnapshelfError `run-exists`
 */
export function claimFolder(
  folder: RunFolder,
  recorded: RunConfig | undefined,
  asked: RunConfig,
  resume: boolean,
): void {
  // Without a checkpoint there is nothing to lose.
  if (recorded === undefined || !existsSync(folder.last)) return;
  if (!resume)
    throw new SnapshelfError(
      'run-exists',
      `There is a run in ${folder.path} already. Go on with --resume, or choose another --out.`,
    );
  const differing = differences(recorded, asked);
  if (differing.length > 0)
    throw new SnapshelfError(
      'run-exists',
      `The run in ${folder.path} has another ${differing.join(', ')} than what is asked now; a run cannot change on its way.`,
      { details: { differing } },
    );
}
