import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train } from '../train/index.ts';
import type { PreparedBakeoff } from './bakeoff.ts';
import { BakeoffFolder } from './bakeoff-folder.ts';
import type { BakeoffOptions } from './bakeoff-options.ts';
import type { JobResult } from './formats.ts';
import { gridOf } from './grid.ts';
import { jobRecipe } from './job-recipe.ts';
import { writePictures } from './pictures.ts';
import { baseline } from './plan.ts';

/** Steps of the trial; the first ones are slower. */
const trialSteps = 4;

/** The share of the time of a trained picture that a measured one takes: a third of the work, and it has no batch. */
const measuredShare = 0.5;

/** Pictures that a result's job trained on, and its seconds. */
function speedOf(results: Iterable<JobResult>): number | undefined {
  let steps = 0;
  let seconds = 0;
  for (const { job, seconds: took } of results)
    if (took.step > 0) {
      steps += job.steps;
      seconds += job.steps * took.step;
    }
  return steps === 0 ? undefined : seconds / steps;
}

/** Trains a few steps in a folder that goes away, and returns the seconds of one. */
async function tryOut(
  { plan, parts }: PreparedBakeoff,
  options: Omit<BakeoffOptions, 'out'>,
): Promise<number> {
  const out = await mkdtemp(join(tmpdir(), 'snapshelf-bakeoff-'));
  const folder = new BakeoffFolder(out);
  const enough = new AbortController();
  const signals = [enough.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const recipe = jobRecipe(plan.protocol, gridOf(baseline), null);
  let last = performance.now();
  let fastest = Number.POSITIVE_INFINITY;
  try {
    await writePictures(folder, parts);
    const { architecture, recipeName } = plan.protocol;
    const sources = [folder.pictures('final')];
    const weights = plan.weights ?? undefined;
    await train(
      { architecture, recipe, recipeName, sources, weights },
      {
        out: join(out, 'run'),
        provider: options.provider,
        threads: options.threads,
        cache: 'none',
        information: false,
        signal: AbortSignal.any(signals),
        onStart: () => {
          last = performance.now();
        },
        onStep: ({ step }) => {
          fastest = Math.min(fastest, (performance.now() - last) / 1000);
          last = performance.now();
          if (step >= trialSteps) enough.abort();
        },
      },
    );
  } catch (error) {
    if (!enough.signal.aborted || options.signal?.aborted) throw error;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
  return fastest;
}

/**
 * Estimates the seconds that the jobs that are not done will take: from the steps of those that are, else from a trial of
 * a few steps on this machine.
 * @throws SnapshelfError as `train`; the signal's reason when it aborts.
 */
export async function estimate(
  prepared: PreparedBakeoff,
  options: Omit<BakeoffOptions, 'out'> = {},
): Promise<number> {
  const { plan, results } = prepared;
  const secondsPerStep = speedOf(results.values()) ?? (await tryOut(prepared, options));
  const { batch } = plan.protocol.recipe;
  const left = plan.jobs.filter(({ id }) => !results.has(id));
  return left.reduce(
    (sum, { steps, pictures }) =>
      sum + secondsPerStep * (steps + (measuredShare * (pictures - steps * batch)) / batch),
    0,
  );
}
