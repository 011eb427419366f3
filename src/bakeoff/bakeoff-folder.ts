import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { SnapshelfError } from '../errors.ts';
import { FolderLock, type LockHolder, readInput, writeAtomically } from '../files/index.ts';
import { asSentence, parseJsonWithin, shown } from '../json/index.ts';
import { counted } from '../text.ts';
import { type Job, type JobResult, type Plan, planSchema, resultSchema } from './formats.ts';

/** The most bytes of a plan or a result, and the most values in it: a result has some ten for every query. */
const largestFile = 2 ** 26;
const mostValues = 5_000_000;

const invalid = (message: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('run-invalid', message, { cause });

function busy(folder: string, holder: LockHolder | undefined): SnapshelfError {
  const who = holder === undefined ? 'Another process' : `The process ${holder.pid} on ${holder.host}`;
  return new SnapshelfError(
    'run-busy',
    `${who} works on the bake-off in ${folder}. Wait for its end, or stop it.`,
  );
}

async function readFormat<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readInput(path, largestFile, 'run-invalid', `The file ${path}`);
  let value: unknown;
  try {
    value = parseJsonWithin(bytes.toString(), { values: mostValues });
  } catch (cause) {
    throw invalid(
      `The file ${path} is no JSON: ${asSentence((cause as Error).message)} Remove it: it is made again.`,
      cause,
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw invalid(
    `The file ${path} is not of the format of this version: ${where}${asSentence(issue?.message ?? '')} Move it away.`,
    parsed.error,
  );
}

const ownNames = /^(plan\.json|results|pictures|runs|report\.(json|html)|bakeoff-lock\..*|\..*)$/;

/** The files of a bake-off: its plan, a result for every job that is done, and the run folder of the one under way. */
export class BakeoffFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  get #plan(): string {
    return join(this.path, 'plan.json');
  }

  /** The file of the pictures that trainings read: those of the search with what they are validated on, or those of the final ones. */
  pictures(kind: 'search' | 'final'): string {
    return join(this.path, 'pictures', `${kind}.jsonl`);
  }

  /** The run folder of a job. */
  run({ id }: Job): string {
    return join(this.path, 'runs', id);
  }

  resultFile({ id }: Pick<Job, 'id'>): string {
    return join(this.path, 'results', `${id}.json`);
  }

  /**
   * Keeps other processes out until the lock is released or the process ends.
   * @throws SnapshelfError `run-busy`, `run-invalid`, `disk-full`, `not-writable`.
   */
  lock(): FolderLock {
    return new FolderLock(this.path, {
      name: 'bakeoff-lock',
      busy: (holder) => busy(this.path, holder),
      foreign: (file) => invalid(`${file} is not the empty file that Snapshelf makes. Move it away.`),
    });
  }

  /**
   * Checks that a bake-off may begin here: a folder of something else is most likely a mistake.
   * @throws SnapshelfError `run-invalid`.
   */
  async check(): Promise<void> {
    const names = await readdir(this.path).catch((): string[] => []);
    const foreign = names.filter((name) => !ownNames.test(name));
    if (foreign.length === 0 || names.includes('plan.json')) return;
    const some = foreign.slice(0, 3).map((name) => shown(name));
    throw invalid(
      `The folder ${this.path} is no bake-off, but has ${counted(foreign.length, 'file or folder', 'files or folders')} of something else (${some.join(', ')}). Choose a new or empty folder.`,
    );
  }

  /**
   * Reads the plan; undefined if there is none.
   * @throws SnapshelfError `run-invalid` if it is damaged or of another version.
   */
  async readPlan(): Promise<Plan | undefined> {
    return existsSync(this.#plan) ? await readFormat(this.#plan, planSchema) : undefined;
  }

  /**
   * Writes the plan.
   * @throws SnapshelfError `disk-full`, `not-writable`.
   */
  async writePlan(plan: Plan): Promise<void> {
    await writeAtomically(this.#plan, `${JSON.stringify(plan, null, 2)}\n`);
  }

  /**
   * Reads the result of a job; undefined if it is not done.
   * @throws SnapshelfError `run-invalid` if it is damaged, or the result of another job or bake-off.
   */
  async readResult(job: Job, plan: Plan): Promise<JobResult | undefined> {
    const path = this.resultFile(job);
    if (!existsSync(path)) return undefined;
    const result = await readFormat(path, resultSchema);
    if (result.bakeoff !== plan.id)
      throw invalid(
        `${path} is a result of another bake-off: of other pictures, another network or another recipe. Move it away: the job is done again.`,
      );
    const { id, kind, loss, value, seed } = result.job;
    if (id !== job.id || kind !== job.kind || loss !== job.loss || value !== job.value || seed !== job.seed)
      throw invalid(
        `${path} is the result of the job ${id} (${loss}, ${value}, seed ${seed}). Move it away: the job is done again.`,
      );
    return result;
  }

  /**
   * Reads the results of all jobs that are done, by the id of the job.
   * @throws SnapshelfError `run-invalid`.
   */
  async readResults(plan: Plan): Promise<Map<string, JobResult>> {
    const results = new Map<string, JobResult>();
    for (const job of plan.jobs) {
      const result = await this.readResult(job, plan);
      if (result !== undefined) results.set(job.id, result);
    }
    return results;
  }

  /**
   * Writes the result of a job.
   * @throws SnapshelfError `disk-full`, `not-writable`.
   */
  async writeResult(result: JobResult): Promise<void> {
    await writeAtomically(this.resultFile(result.job), `${JSON.stringify(result)}\n`);
  }

  /** Removes the run folder of a job, with its weights. */
  async removeRun(job: Job): Promise<void> {
    await rm(this.run(job), { recursive: true, force: true });
  }
}
