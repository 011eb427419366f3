import { HeldLease } from '../../engine/index.ts';
import type { Job, runJob } from '../../eval/index.ts';
import type { Logger } from '../../log.ts';
import {
  begin,
  type EvaluationSummary,
  fail,
  finish,
  isOver,
  type QueuedJob,
  type RunningJob,
} from './evaluation-job.ts';
import type { EvaluationMirror } from './evaluation-mirror.ts';
import type { EvaluationRegistry } from './evaluation-registry.ts';
import type { EvaluationStore } from './evaluation-store.ts';
import { failureOf } from './job-failure.ts';

/** The parts of the evaluations of a server that run one. */
export interface RunnerParts {
  /** The collections that are evaluated. */
  readonly place: Pick<Job, 'data' | 'engine' | 'storedPrecision'>;
  readonly store: EvaluationStore;
  readonly jobs: EvaluationRegistry;
  readonly mirror: EvaluationMirror | undefined;
  readonly log: Logger;
  readonly run: typeof runJob;
  readonly leaseMs: number | undefined;
}

/** Runs evaluations to their ends. Of several servers one runs each, and when nothing is heard of it, another begins anew. */
export class EvaluationRunner {
  readonly #parts: RunnerParts;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** Runs a job, unless another server does. */
  async perform(queued: QueuedJob, signal: AbortSignal): Promise<void> {
    const { mirror, leaseMs: ms, jobs, log } = this.#parts;
    if (mirror === undefined) return this.#perform(queued, signal);
    const stop = new AbortController();
    const { id } = queued;
    const held = await HeldLease.take(mirror.records, `evaluation ${id}`, {
      ms,
      onBeat: async (lease) => {
        const now = await mirror.job(id);
        if (now === undefined || isOver(now)) stop.abort();
        const job = jobs.find(id);
        if (!stop.signal.aborted && job?.state === 'running') await mirror.save(job, lease);
      },
    });
    if (held === undefined) return;
    try {
      const now = await mirror.job(id);
      if (now === undefined || isOver(now)) return;
      for (const name of ['request.json', 'manifest.json'] as const) await mirror.take(id, name);
      await this.#perform(queued, AbortSignal.any([signal, stop.signal, held.signal]), held);
    } catch (error) {
      log.warn('an evaluation is left to another server, or to a later time', { id, error: String(error) });
    } finally {
      await held.release();
    }
  }

  async #perform(queued: QueuedJob, signal: AbortSignal, held?: HeldLease): Promise<void> {
    const { place, store, jobs, log, run } = this.#parts;
    const { id, collection } = queued;
    jobs.set(begin(queued));
    const onProgress = (progress: RunningJob['progress']): void => {
      const now = jobs.find(id);
      if (now?.state === 'running') jobs.set({ ...now, progress });
    };
    try {
      const job = { ...place, collection, ...store.filesOf(queued) };
      const figures = await run(job, { signal, onProgress });
      await this.#end(id, (running) => finish(running, figures), held);
    } catch (error) {
      if (signal.aborted) return;
      log.warn('an evaluation failed', { id, collection, error: String(error) });
      await this.#end(id, (running) => fail(running, failureOf(error)), held).catch(() => {});
    }
    await jobs.removeOutdated();
  }

  /** Ends a job that runs. One that was cancelled in the moment in which it was done stays cancelled. */
  async #end(
    id: string,
    end: (job: RunningJob) => EvaluationSummary,
    held: HeldLease | undefined,
  ): Promise<void> {
    const { jobs, mirror } = this.#parts;
    await held?.quiet();
    const elsewhere = await mirror?.job(id);
    const job = jobs.find(id);
    if (mirror !== undefined && (elsewhere === undefined || isOver(elsewhere))) return;
    if (job?.state === 'running') await jobs.saveOver(end(job), held?.lease);
  }
}
