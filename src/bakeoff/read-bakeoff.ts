import { SnapshelfError } from '../errors.ts';
import type { BakeoffReport } from '../report/index.ts';
import { BakeoffFolder } from './bakeoff-folder.ts';
import type { BakeoffRequest } from './bakeoff-options.ts';
import type { Plan } from './formats.ts';
import { summarise } from './summarise.ts';

async function planIn(folder: BakeoffFolder): Promise<Plan> {
  const plan = await folder.readPlan();
  if (plan !== undefined) return plan;
  throw new SnapshelfError(
    'run-invalid',
    `${folder.path} is no bake-off: there is no plan.json in it. Name the folder of one.`,
  );
}

/**
 * Reads a bake-off as it is now, also while another process works on it: its table, and what is missing.
 * @throws SnapshelfError `run-invalid` if the folder is none, or its files are damaged.
 */
export async function readBakeoff(path: string): Promise<BakeoffReport> {
  const folder = new BakeoffFolder(path);
  const plan = await planIn(folder);
  return summarise(plan, await folder.readResults(plan));
}

/**
 * Reads what a bake-off was begun with, to go on with it from its folder alone.
 * @throws SnapshelfError `run-invalid`.
 */
export async function readRequest(path: string): Promise<BakeoffRequest> {
  const { protocol, sources, weights, losses, seeds } = await planIn(new BakeoffFolder(path));
  const { architecture, recipe, recipeName, imagesPerLabel, seed } = protocol;
  return {
    sources,
    losses: losses.map(({ loss }) => loss),
    seeds: seeds.length,
    architecture,
    weights: weights ?? undefined,
    recipe,
    recipeName,
    imagesPerLabel,
    seed,
  };
}
