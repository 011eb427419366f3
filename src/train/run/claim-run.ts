import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SnapshelfError } from '../../errors.ts';
import { hashFile } from '../../files/index.ts';
import { shown } from '../../json/index.ts';
import { counted } from '../../text.ts';
import { hashWeightsFile, pathOfWeights } from '../../weights/index.ts';
import { completedRecipe } from '../data/completed-recipe.ts';
import type { TrainingData } from '../data/training-data.ts';
import { unusedSettings } from '../recipe/loss-fields.ts';
import type { Recipe } from '../recipe/recipe-schema.ts';
import type { RunOptions } from '../train-options.ts';
import { checkConfig, type RunConfig } from './run-config.ts';
import type { RunFolder } from './run-folder.ts';

type RecordedFile = RunConfig['weights'];

/** A file and its hash, or the record of the run if the file is gone: a checkpoint has all that came from weights. */
async function identified(
  path: string | undefined,
  recorded: RecordedFile | undefined,
  hashOf: (whole: string) => Promise<string>,
): Promise<RecordedFile> {
  if (path === undefined) return null;
  const whole = resolve(path);
  if (recorded?.path === whole && !existsSync(whole)) return recorded;
  return { path: whole, sha256: await hashOf(whole) };
}

async function hashOfTeacher(path: string): Promise<string> {
  try {
    return (await hashFile(path)).sha256;
  } catch (cause) {
    const why = (cause as Error).message;
    throw new SnapshelfError('model-not-found', `The file ${path} cannot be read: ${why}.`, { cause });
  }
}

/** Refuses a teacher that nothing would be learned from. */
function checkTeacher({ loss, similarity }: Recipe, teacher: string | undefined): void {
  if (teacher !== undefined && similarity === 0 && unusedSettings(loss).includes('distillation'))
    throw new RangeError(
      `The teacher must be left out: the loss ${loss} does not learn from its outputs, and similarity is 0. Add cross-entropy to the loss, or set similarity.`,
    );
}

/**
 * Makes the configuration of a run from the options and the data.
 * @param recorded the configuration in the run folder, if there is one
 * @throws SnapshelfError `source-invalid` if there is only one class, `weights-invalid` or `model-not-found` if the
 * weights or the teacher cannot be read; RangeError for an option out of range, patience without validation, a teacher
 * that is of no use, or a loss that compares pictures that do not give it pairs.
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
  if (recipe.patience !== null && data.validations.length === 0)
    throw new RangeError(
      'patience must be null for a run without validation. Name queries, or hold some pictures out.',
    );
  checkTeacher(recipe, teacher);
  // What is written has to be readable.
  return checkConfig({
    formatVersion: 1,
    architecture,
    recipeName,
    recipe: completedRecipe(recipe, data),
    seed,
    sources: options.sources.map((path) => resolve(path)),
    queries: (options.queries ?? []).map((path) => resolve(path)),
    holdOut: options.holdOut ?? null,
    holdOutLabels: options.holdOutLabels ?? null,
    weights: await identified(weights && pathOfWeights(weights), recorded?.weights, () =>
      hashWeightsFile(weights ?? ''),
    ),
    teacher: await identified(teacher, recorded?.teacher, hashOfTeacher),
    validateEvery: options.validateEvery ?? Math.max(1, Math.round(recipe.epochs / 10)),
    skipBad,
    classes: data.classes.length,
    images: data.samples.length,
    data: data.hash,
    labels: recorded?.labels === null ? null : data.classesHash,
    calls: recorded?.calls ?? [],
  });
}

/** Names of what a run leaves in its folder, also when it is killed before the first step. */
const ownFiles =
  /^(run-lock\.(sqlite|json)|run\.(lock|json)|log\.(jsonl|csv)|events\.out\.tfevents\..*|(last|best)\.safetensors|cache|curves?\.svg|\..*)$/;

/**
 * Checks that a run may begin in a folder: one that does not exist, is empty, or holds what runs leave. Others are most
 * likely a mistake, such as the folder of the pictures.
 * @throws SnapshelfError `run-invalid`.
 */
export async function checkFolder(folder: RunFolder): Promise<void> {
  // Whatever is no folder is refused when it is made.
  const names = await readdir(folder.path).catch((): string[] => []);
  const foreign = names.filter((name) => !ownFiles.test(name));
  if (foreign.length === 0 || names.includes('run.json')) return;
  const some = foreign
    .slice(0, 3)
    .map((name) => shown(name))
    .join(', ');
  throw new SnapshelfError(
    'run-invalid',
    `The folder ${folder.path} is no run, but has ${counted(foreign.length, 'file or folder', 'files or folders')} of something else (${some}). Choose a new or empty folder.`,
  );
}

const differences = (recorded: RunConfig, asked: RunConfig): string[] =>
  (Object.keys(asked) as (keyof RunConfig)[]).filter(
    (key) => key !== 'calls' && !isDeepStrictEqual(recorded[key], asked[key]),
  );

/**
 * Checks that a run may begin in a folder, or go on there with the options it began with.
 * @param recorded the configuration in the folder, which the options must agree with
 * @throws SnapshelfError `run-exists`.
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
      `There is a run in ${folder.path} already. Resume it, or choose another folder.`,
    );
  const differing = differences(recorded, asked);
  if (differing.length > 0)
    throw new SnapshelfError(
      'run-exists',
      `The run in ${folder.path} has another ${differing.join(', ')} than what is asked now. A run cannot change on its way.`,
      { details: { differing } },
    );
}
