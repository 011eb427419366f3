import { describeRemarks } from '../datasets/index.ts';
import { makeFolder } from '../files/index.ts';
import type { LogFields, Logger } from '../log.ts';
import { BakeoffFolder } from './bakeoff-folder.ts';
import type { BakeoffOptions, BakeoffRequest } from './bakeoff-options.ts';
import type { Job, JobResult, Plan } from './formats.ts';
import { writePictures } from './pictures.ts';
import { planOf } from './plan.ts';
import { type BakeoffContext, runJob } from './run-job.ts';
import { type Parts, readParts } from './split.ts';

/** A logger that says each warning once: the trainings of a bake-off have the same pictures. */
function onceOnly(log: Logger | undefined): Logger | undefined {
  if (log === undefined) return undefined;
  const told = new Set<string>();
  const warn = (message: string, fields?: LogFields): void => {
    if (told.has(message)) return;
    told.add(message);
    log.warn(message, fields);
  };
  return { ...log, warn };
}

/** A plan, and what its jobs work with. */
export interface PreparedBakeoff {
  readonly plan: Plan;
  readonly parts: Parts;
  readonly results: ReadonlyMap<string, JobResult>;
}

/**
 * Reads the pictures and makes the plan of a bake-off, or adds to the one in the folder. Writes nothing.
 * @throws RangeError for options out of range; SnapshelfError `source-invalid`, `weights-invalid`, `run-exists`,
 * `run-invalid`.
 */
export async function prepareBakeoff(request: BakeoffRequest, out: string): Promise<PreparedBakeoff> {
  const folder = new BakeoffFolder(out);
  await folder.check();
  const recorded = await folder.readPlan();
  const parts = await readParts(request.sources, request.seed ?? 1);
  const plan = await planOf(request, parts, recorded, folder.path);
  return { plan, parts, results: await folder.readResults(plan) };
}

/** Counts the pictures of jobs for the display. */
class Tally {
  readonly #jobs: readonly Job[];
  readonly #options: BakeoffOptions;
  #before = 0;
  #ofJob = 0;
  #worked = 0;

  constructor({ jobs }: Plan, options: BakeoffOptions) {
    this.#jobs = jobs;
    this.#options = options;
  }

  add(at: number, count: number, own: number): void {
    const job = this.#jobs[at] as Job;
    this.#ofJob = Math.min(job.pictures, this.#ofJob + count);
    this.#worked += own;
    this.#options.onProgress?.({
      job,
      number: at + 1,
      jobs: this.#jobs.length,
      done: this.#before + this.#ofJob,
      total: this.#jobs.reduce((sum, { pictures }) => sum + pictures, 0),
      worked: this.#worked,
    });
  }

  finish(at: number): void {
    this.#before += (this.#jobs[at] as Job).pictures;
    this.#ofJob = 0;
  }
}

async function runJobs(
  folder: BakeoffFolder,
  { plan, parts, results: before }: PreparedBakeoff,
  options: BakeoffOptions,
): Promise<ReadonlyMap<string, JobResult>> {
  const results = new Map(before);
  const tally = new Tally(plan, options);
  for (const [at, job] of plan.jobs.entries()) {
    options.signal?.throwIfAborted();
    if (!results.has(job.id)) {
      const onPictures = (count: number, own: number): void => tally.add(at, count, own);
      onPictures(0, 0);
      const context: BakeoffContext = { folder, plan, parts, results, options, onPictures };
      const result = await runJob(context, job);
      await folder.writeResult(result);
      results.set(job.id, result);
      if (result.reason !== null) options.log?.warn(`The job ${job.id} failed: ${result.reason}`);
    }
    if (options.keepWeights !== true) await folder.removeRun(job);
    tally.finish(at);
  }
  return results;
}

/**
 * Compares losses fairly: the same network, start, pictures and number of steps for each; each loss's own number chosen on
 * labels that are held out of the training labels; the test labels touched once by each final training. Every job that is
 * done is a file of its own, so that the work goes on where it stopped, also within a job, and on another machine if the
 * files are copied there.
 * @throws RangeError for options out of range; SnapshelfError `source-invalid`, `weights-invalid`, `run-exists` if the
 * folder has a bake-off with other rules, `run-busy`, `run-invalid`, `nothing-relevant`, `disk-full`, `not-writable`,
 * `provider-unavailable`; the signal's reason when it aborts, after a checkpoint.
 */
export async function runBakeoff(request: BakeoffRequest, asked: BakeoffOptions): Promise<PreparedBakeoff> {
  const options = { ...asked, log: onceOnly(asked.log) };
  const folder = new BakeoffFolder(options.out);
  await prepareBakeoff(request, folder.path);
  await makeFolder(folder.path);
  using _lock = folder.lock();
  // Again, now that no other process can add to it.
  const prepared = await prepareBakeoff(request, folder.path);
  for (const remark of describeRemarks(prepared.parts)) options.log?.warn(remark);
  await folder.writePlan(prepared.plan);
  await writePictures(folder, prepared.parts);
  return { ...prepared, results: await runJobs(folder, prepared, options) };
}
