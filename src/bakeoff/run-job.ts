import { SnapshelfError } from '../errors.ts';
import { exportModel } from '../export/index.ts';
import { makeFolder } from '../files/index.ts';
import { decideProvider, firstGpu, thisMachine } from '../runtime/index.ts';
import {
  type Recipe,
  type RunOptions,
  type RunStart,
  readRun,
  type StepProgress,
  train,
} from '../train/index.ts';
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

/** Validations of a search on its way, for the curve. */
const validations = 5;

/** Codes of errors that are the fault of a loss or its value; any other ends the bake-off. */
const failures: readonly string[] = ['training-diverged', 'export-self-check-failed', 'vector-invalid'];

const noNotes: RunNotes = { curve: [], validations: [], secondsPerStep: 0 };

const failed = (settings: readonly string[], reason: string): Outcome => ({
  settings,
  measures: { queries: null, figures: [], perQuery: null, leftOut: 0 },
  notes: noNotes,
  measuring: 0,
  reason,
});

async function machineOf({ options }: BakeoffContext): Promise<JobResult['machine']> {
  const { cpu, cores, node, version, commit } = thisMachine();
  const { provider } = await decideProvider(options.provider ?? 'auto');
  return { cpu, cores, node, version, commit, provider, gpu: provider === 'cuda' ? firstGpu() : null };
}

/** The outcome of a job. */
interface Outcome {
  readonly settings: readonly string[];
  readonly measures: Measures;
  readonly notes: RunNotes;
  /** Seconds of export, embedding and search. */
  readonly measuring: number;
  /** The reason of a failure; null: there is none. */
  readonly reason: string | null;
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

/** The run of a job. The final trainings have no pictures to validate with. */
function runOf({ folder, plan }: BakeoffContext, job: Job, recipe: Recipe): RunOptions {
  const { architecture, recipeName } = plan.protocol;
  return {
    architecture,
    recipe,
    recipeName,
    sources: [folder.pictures(job.kind === 'final' ? 'final' : 'search')],
    weights: plan.weights ?? undefined,
    seed: job.seed,
    validateEvery: Math.max(1, Math.round(recipe.epochs / validations)),
  };
}

/** Trains, or goes on with the run that is there; begins anew where it cannot go on, as one of another machine. */
async function trainJob(context: BakeoffContext, job: Job, recipe: Recipe): Promise<void> {
  const { folder, options, onPictures } = context;
  const { provider, threads, workers, cache, checkpointSeconds, signal, log } = options;
  const out = folder.run(job);
  const shared = { provider, threads, workers, cache, checkpointSeconds, signal, log };
  let steps = 0;
  const onStart = ({ step }: RunStart): void => {
    steps = step;
    onPictures(step * recipe.batch, 0);
  };
  const onStep = ({ step }: StepProgress): void => {
    const pictures = (step - steps) * recipe.batch;
    steps = step;
    onPictures(pictures, pictures);
  };
  const start = (): Promise<unknown> =>
    train(runOf(context, job, recipe), {
      ...shared,
      out,
      resume: true,
      // Nothing of the report is made from it.
      information: false,
      onStart,
      onStep,
    });
  try {
    await start();
  } catch (error) {
    if (!(error instanceof SnapshelfError) || !['run-exists', 'run-invalid'].includes(error.code))
      throw error;
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

/** Measures what a job trained. */
async function measureJob(
  context: BakeoffContext,
  job: Job,
): Promise<Pick<Outcome, 'measures' | 'measuring'>> {
  const { parts, plan, options, onPictures } = context;
  const pictures = job.kind === 'search' ? { queries: parts.validation, gallery: null } : parts.test;
  const started = performance.now();
  const measures = await measure(await exportJob(context, job), pictures, {
    protocol: plan.protocol,
    options,
    onPicture: () => onPictures(1, 1),
  });
  return { measures, measuring: (performance.now() - started) / 1000 };
}

const gridOfJob = ({ plan }: BakeoffContext, { loss }: Job): Grid => {
  const grid = plan.losses.find((one) => one.loss === loss);
  if (grid === undefined) throw new TypeError(`The plan lacks the loss ${loss}.`);
  return grid;
};

const noValue = 'None of the values that were tried could be trained to the end.';

async function outcomeOf(context: BakeoffContext, job: Job): Promise<Outcome> {
  if (job.kind === 'start')
    return { settings: [], ...(await measureJob(context, job)), notes: noNotes, reason: null };
  const grid = gridOfJob(context, job);
  const chosen = job.kind === 'search' ? job : choose(context.plan, grid, context.results);
  if (chosen === undefined) return failed([], noValue);
  const settings = settingsOf(grid, chosen.value);
  try {
    const recipe = jobRecipe(context.plan.protocol, grid, chosen.value);
    await trainJob(context, job, recipe);
    const notes = await readRunNotes(context.folder.run(job), recipe.batch);
    return { settings, ...(await measureJob(context, job)), notes, reason: null };
  } catch (error) {
    if (!(error instanceof SnapshelfError) || !failures.includes(error.code)) throw error;
    return failed(settings, error.message);
  }
}

/**
 * Does one job: trains with its value, or the one that the search chose, and measures what comes of it. A training that
 * fails by its loss, as one that diverges, is a result too.
 * @throws SnapshelfError as `train`, `exportModel` and `measure`; the signal's reason when it aborts, after a checkpoint.
 */
export async function runJob(context: BakeoffContext, job: Job): Promise<JobResult> {
  return await resultOf(context, job, await outcomeOf(context, job));
}
