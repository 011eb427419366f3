import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import type { Preprocessing } from '../../image/index.ts';
import type { NetworkOptions } from '../../nn/index.ts';
import { averagePrefix } from '../../optim/index.ts';
import type { StateDict } from '../../weights/index.ts';
import { networkOptionsOf, testPreprocessing } from '../recipe/recipe-options.ts';
import { readRunWeights } from './checkpoint.ts';
import type { RunConfig } from './run-config.ts';
import { RunFolder } from './run-folder.ts';

/** What of a run becomes a model. */
export interface RunWeights {
  readonly architecture: string;
  readonly network: NetworkOptions;
  readonly preprocessing: Preprocessing;
  /** The network's parameters and running statistics; among the last ones, the classifier too. */
  readonly weights: StateDict;
  /** What the classifier's outputs are divided by before they are shares. */
  readonly temperature: number;
  /** What the model file is to say of the run. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** Which weights of a run: those that validated best, or the last ones. */
export type Which = 'best' | 'last';

async function configOf(folder: RunFolder): Promise<RunConfig> {
  const config = await folder.readConfig();
  if (config !== undefined) return config;
  throw new SnapshelfError('run-invalid', `${folder.path} is no run folder: there is no run.json in it.`);
}

/** The averages in the place of what they are averages of, without momenta. */
function networkOf(tensors: StateDict): StateDict {
  const own = [...tensors].filter(([name]) => !/^(momentum|average)\./.test(name));
  return new Map(own.map(([name, tensor]) => [name, tensors.get(averagePrefix + name) ?? tensor]));
}

/**
 * The weights of a run to export. Without a choice the best ones where the run was validated, else the last.
 * @throws SnapshelfError `run-invalid` when the folder is no run or has no such weights; `weights-invalid` when the file
 * is damaged.
 */
export async function readRun(path: string, which?: Which): Promise<RunWeights> {
  const folder = new RunFolder(resolve(path));
  const config = await configOf(folder);
  const chosen = which ?? (existsSync(folder.best) ? 'best' : 'last');
  if (!existsSync(folder[chosen]))
    throw new SnapshelfError('run-invalid', `The run in ${folder.path} has no ${chosen} weights yet.`);
  const { tensors } = await readRunWeights(folder[chosen]);
  const { recipe, recipeName, architecture, seed, images, classes, labels, weights, teacher } = config;
  const training = {
    recipe: recipeName,
    settings: recipe,
    seed,
    images,
    classes,
    ...(labels !== null && { labels }),
    weights: chosen,
    start: weights?.sha256 ?? 'random',
    ...(teacher !== null && { teacher: teacher.sha256 }),
  };
  return {
    architecture,
    network: networkOptionsOf(recipe),
    preprocessing: testPreprocessing(recipe),
    weights: networkOf(tensors),
    temperature: recipe.temperature,
    training,
  };
}
