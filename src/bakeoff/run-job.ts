import { SnapshelfError } from '../errors.ts';
import { exportModel } from '../export/index.ts';
import { makeFolder } from '../files/index.ts';
import { decideProvider, thisMachine } from '../runtime/index.ts';
import { readRun, type RunOptions, train } from '../train/index.ts';
import { networkOptionsOf, testPreprocessing } from '../train/recipe/recipe-options.ts';
import type { BakeoffFolder } from './bakeoff-folder.ts';
import type { BakeoffOptions } from './bakeoff-options.ts';
import { choose } from './choose.ts';
import type { Grid, Job, JobResult, Plan } from './formats.ts';
import { jobRecipe, settingsOf } from './job-recipe.ts';
import { type Measures, measure, modelFile } from './measure.ts';
import { type RunNotes, readRunNotes } from './run-notes.ts';
import type { Parts } from './split.ts';

/** A bake-off under way. */
export interface BakeoffContext {
  readonly folder: BakeoffFolder;
  readonly plan: Plan;
  readonly parts: Parts;
  readonly results: ReadonlyMap<string, JobResult>;
  readonly options: BakeoffOptions;
  /** Called when pictures of the job are done; `own` of them by this call. */
  readonly onPictures: (count: number, own: number) => void;
}

/** How often the search is validated on its way, for the curve. */
const validations = 5;

/** What can go wrong with one value of a loss; anything else ends the bake-off. */
const failures: readonly string[] = ['training-diverged', 'export-self-check-failed', 'vector-invalid'];

const nothing: Measures = { queries: null, figures: [], perQuery: null, leftOut: 0 };
const noNotes: RunNotes = { curve: [], validations: [], secondsPerStep: 0 };

async function machineOf({ options }: BakeoffContext): Promise<JobResult['machine']> {
  const { cpu, cores, node, version, commit } = thisMachine();
  const { provider } = await decideProvider(options.provider ?? 'auto');
  return { cpu, cores, node, version, commit, provider };
}

/** What a job was done with and what came of it. */
interface Outcome {
  readonly settings: readonly string[];
  readonly measures: Measures;
  readonly notes: RunNotes;
  readonly reason: string | null;
  readonly measuring: number;
}

async function resultOf(context: BakeoffContext, job: Job, outcome: Outcome): Promise<JobResult> {
  const { settings, measures, notes, reason, measuring } = outcome;
  const { curve, validations: validated, secondsPerStep } = notes;
  return {
    format: 'snapshelf-bakeoff-result',
    formatVersion: 1,
    bakeoff: context.plan.id,
    job,
    settings: [...settings],
    outcome: reason === null ? 'done' : 'failed',
    reason: reason?.slice(0, 2000) ?? null,
    ...measures,
    // What is compared query by query are the final figures.
    perQuery: job.kind === 'search' ? null : measures.perQuery,
    curve,
    validations: validated,
    seconds: { step: secondsPerStep, measuring },
    machine: await machineOf(context),
    finished: new Date().toISOString(),
  };
}

/** Trains, and begins anew where the run that is there cannot go on, as one of another machine. */
async function trainJob(context: BakeoffContext, job: Job, grid: Grid, value: number | null): Promise<void> {
  const { folder, plan, options, onPictures } = context;
  const { provider, threads, workers, cache, checkpointSeconds, signal, log } = options;
  const { architecture, recipeName, weights } = plan.protocol;
  const recipe = jobRecipe(plan.protocol, grid, value);
  const isFinal = job.kind === 'final';
  const run: RunOptions = {
    architecture,
    recipe,
    recipeName,
    sources: [folder.pictures(isFinal ? 'final' : 'search')],
    weights: weights === null ? undefined : (plan.weights ?? undefined),
    seed: job.seed,
    validateEvery: Math.max(1, Math.round(recipe.epochs / validations)),
  };
  let steps = 0;
  const start = (): Promise<unknown> =>
    train(run, {
      out: folder.run(job),
      resume: true,
      provider,
      threads,
      workers,
      cache,
      checkpointSeconds,
      signal,
      log,
      onStart: ({ step }) => {
        steps = step;
        onPictures(step * recipe.batch, 0);
      },
      onStep: ({ step }) => {
        const pictures = (step - steps) * recipe.batch;
        steps = step;
        onPictures(pictures, pictures);
      },
    });
  try {
    await start();
  } catch (error) {
    if (!(error instanceof SnapshelfError) || !['run-exists', 'run-invalid'].includes(error.code)) throw error;
    log?.warn(`The job ${job.id} begins anew: ${error.message}`);
    await folder.removeRun(job);
    await start();
  }
}

async function exportJob(context: BakeoffContext, job: Job): Promise<string> {
  const { folder, plan, options } = context;
  const { architecture, recipe } = plan.protocol;
  const run = folder.run(job);
  const out = modelFile(run);
  if (job.kind !== 'start') await exportModel({ ...(await readRun(run, 'last')), out, log: options.log });
  else {
    await makeFolder(run);
    const own = { network: networkOptionsOf(recipe), preprocessing: testPreprocessing(recipe) };
    await exportModel({ architecture, weights: plan.weights ?? '', ...own, out, log: options.log });
  }
  return out;
}

async function measureJob(context: BakeoffContext, job: Job): Promise<Measures> {
  const { parts, plan, options, onPictures } = context;
  const pictures = job.kind === 'search' ? { queries: parts.validation, gallery: null } : parts.test;
  return await measure(await exportJob(context, job), pictures, {
    protocol: plan.protocol,
    options,
    onPicture: () => onPictures(1, 1),
  });
}

const gridOfJob = ({ plan }: BakeoffContext, { loss }: Job): Grid => {
  const grid = plan.losses.find((one) => one.loss === loss);
  if (grid === undefined) throw new TypeError(`The plan lacks the loss ${loss}.`);
  return grid;
};

const noValue = 'None of the values that were tried could be trained to the end.';

async function done(context: BakeoffContext, job: Job): Promise<Omit<Outcome, 'measuring'>> {
  if (job.kind === 'start')
    return { settings: [], measures: await measureJob(context, job), notes: noNotes, reason: null };
  const grid = gridOfJob(context, job);
  const chosen = job.kind === 'search' ? job : choose(context.plan, grid, context.results);
  if (chosen === undefined) return { settings: [], measures: nothing, notes: noNotes, reason: noValue };
  const settings = settingsOf(grid, chosen.value);
  try {
    await trainJob(context, job, grid, chosen.value);
    const notes = await readRunNotes(context.folder.run(job), context.plan.protocol.recipe.batch);
    return { settings, measures: await measureJob(context, job), notes, reason: null };
  } catch (error) {
    if (!(error instanceof SnapshelfError) || !failures.includes(error.code)) throw error;
    return { settings, measures: nothing, notes: noNotes, reason: error.message };
  }
}

/**
 * Does one job: trains with its value, or the one that the search chose, and measures what comes of it. A training that
 * fails by its loss, as one that diverges, is a result too.
 * @throws SnapshelfError as `train`, `exportModel` and `measure`; the signal's reason when it aborts, after a checkpoint.
 */
export async function runJob(context: BakeoffContext, job: Job): Promise<JobResult> {
  return await resultOf(context, job, await done(context, job));
}
