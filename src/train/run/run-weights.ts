import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import type { Preprocessing } from '../../image/index.ts';
import type { NetworkOptions } from '../../nn/index.ts';
import { averagePrefix } from '../../optim/index.ts';
import { hashWeightsFile, type StateDict } from '../../weights/index.ts';
import { networkOptionsOf, testPreprocessing } from '../recipe/recipe-options.ts';
import { readRunWeights } from './checkpoint.ts';
import type { RunConfig } from './run-config.ts';
import { RunFolder } from './run-folder.ts';

/** The part of a run that becomes a model. */
export interface RunWeights {
  readonly architecture: string;
  readonly network: NetworkOptions;
  readonly preprocessing: Preprocessing;
  /** The network's parameters and running statistics; with the last weights, the classifier too. */
  readonly weights: StateDict;
  /** The divisor of the classifier's outputs before the softmax. */
  readonly temperature: number;
  /** The weights that the run started from and their share, if the recipe has one: `startShare`. */
  readonly start?: { readonly weights: string; readonly share: number } | undefined;
  /** Notes about the run for the metadata of the model file. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** A choice of weights of a run: those that validated best, or the last ones. */
export type Which = 'best' | 'last';

async function readConfigIn(folder: RunFolder): Promise<RunConfig> {
  const config = await folder.readConfig();
  if (config !== undefined) return config;
  throw new SnapshelfError('run-invalid', `${folder.path} is no run folder: there is no run.json in it.`);
}

/** Replaces tensors by their moving averages, and leaves out momenta. */
function networkOf(tensors: StateDict): StateDict {
  const own = [...tensors].filter(([name]) => !/^(momentum|average)\./.test(name));
  return new Map(own.map(([name, tensor]) => [name, tensors.get(averagePrefix + name) ?? tensor]));
}

function notesOf(config: RunConfig, which: Which): Record<string, unknown> {
  const { recipe, recipeName, seed, images, classes, labels, weights, teacher } = config;
  return {
    recipe: recipeName,
    settings: recipe,
    seed,
    images,
    classes,
    ...(labels !== null && { labels }),
    weights: which,
    start: weights?.sha256 ?? 'random',
    ...(teacher !== null && { teacher: teacher.sha256 }),
  };
}

/** The weights that the run started from, if its recipe gives their feature a share. */
async function startOf({ recipe: { startShare }, weights }: RunConfig): Promise<RunWeights['start']> {
  if (startShare === null || weights === null) return undefined;
  const { path, sha256 } = weights;
  if ((await hashWeightsFile(path)) === sha256) return { weights: path, share: startShare };
  throw new SnapshelfError(
    'run-invalid',
    `The weights ${path}, whose feature the model of this run has beside its own, are not those that it started from. Put them back.`,
  );
}

/**
 * Reads the weights of a run to export.
 * @param which default: the best ones if the run was validated, else the last
 * @throws SnapshelfError `run-invalid` if the folder is no run or has no such weights; `weights-invalid` if the file
 * is damaged.
 * @example
 * ```ts
 * import { exportModel } from 'snapshelf/export';
 * import { readRun } from 'snapshelf/train';
 *
 * await exportModel({ ...(await readRun('run')), out: 'model.onnx' });
 * ```
 */
export async function readRun(path: string, which?: Which): Promise<RunWeights> {
  const folder = new RunFolder(resolve(path));
  const config = await readConfigIn(folder);
  const chosen = which ?? (existsSync(folder.best) ? 'best' : 'last');
  if (!existsSync(folder[chosen]))
    throw new SnapshelfError('run-invalid', `The run in ${folder.path} has no ${chosen} weights yet.`);
  const { tensors } = await readRunWeights(folder[chosen]);
  const { recipe, architecture } = config;
  return {
    architecture,
    network: networkOptionsOf(recipe),
    preprocessing: testPreprocessing(recipe),
    weights: networkOf(tensors),
    temperature: recipe.temperature,
    start: await startOf(config),
    training: notesOf(config, chosen),
  };
}
