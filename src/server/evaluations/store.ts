import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CollectionEvaluation, JobFigures, JobProgress } from '../../eval/index.ts';
import { writeFileAtomically } from '../../weights/index.ts';
import type { Problem } from '../problem.ts';

/** An evaluation as it is kept and answered. */
export interface EvaluationJob {
  readonly id: string;
  readonly collection: string;
  readonly request: CollectionEvaluation;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly progress: JobProgress | null;
  /** When it is done: metric, name of the figure, mean. */
  readonly figures?: JobFigures | undefined;
  readonly error?: Problem | undefined;
}

const states: readonly unknown[] = ['queued', 'running', 'done', 'failed', 'cancelled'];

function isJob(value: unknown): value is EvaluationJob {
  if (typeof value !== 'object' || value === null) return false;
  const { id, collection, createdAt, request, state } = value as Readonly<Record<string, unknown>>;
  const texts = [id, collection, createdAt].every((text) => typeof text === 'string');
  return texts && typeof request === 'object' && request !== null && states.includes(state);
}

/** Evaluations in a folder, one folder each: `job.json` and, when it is done, `report.json`. */
export class EvaluationStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where the report of a job is. */
  reportOf(id: string): string {
    return join(this.#folder, id, 'report.json');
  }

  /** Keeps a job as it is now: it survives a crash once this resolves. */
  async save(job: EvaluationJob): Promise<void> {
    const folder = join(this.#folder, job.id);
    await mkdir(folder, { recursive: true });
    await writeFileAtomically(join(folder, 'job.json'), [Buffer.from(`${JSON.stringify(job)}\n`)]);
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  /** All jobs, the oldest first. What is no job is left alone. */
  async load(): Promise<EvaluationJob[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const jobs = await Promise.all(names.map((name) => this.#read(name)));
    return jobs
      .filter((job): job is EvaluationJob => job !== undefined)
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }

  async #read(name: string): Promise<EvaluationJob | undefined> {
    try {
      const job: unknown = JSON.parse(await readFile(join(this.#folder, name, 'job.json'), 'utf8'));
      return isJob(job) && job.id === name ? job : undefined;
    } catch {
      return undefined;
    }
  }
}
