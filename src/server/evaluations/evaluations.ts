import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { type CollectionEvaluation, runJob } from '../../eval/index.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { problemOf, toSnapshelfError } from '../problem.ts';
import { type EvaluationJob, EvaluationStore } from './store.ts';

/** How evaluations are run. */
export interface EvaluationsOptions {
  readonly log?: Logger | undefined;
  /** Evaluations at once, each in a process of its own. Default 1. */
  readonly concurrency?: number | undefined;
  /** Evaluations that may wait; more are refused. Default 16. */
  readonly maxQueue?: number | undefined;
}

const isOver = ({ state }: EvaluationJob): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';

/**
 * Evaluations of the collections of a data folder, kept in it: what was accepted is answered for after a restart too. What
 * was under way when the process ended begins anew.
 */
export class Evaluations {
  readonly #data: string;
  readonly #store: EvaluationStore;
  readonly #log: Logger;
  readonly #concurrency: number;
  readonly #maxQueue: number;
  readonly #jobs = new Map<string, EvaluationJob>();
  readonly #running = new Map<string, { readonly stop: AbortController; readonly end: Promise<void> }>();
  #cancelling: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(data: string, options: EvaluationsOptions) {
    this.#data = data;
    this.#store = new EvaluationStore(join(data, 'evaluations'));
    this.#log = options.log ?? silentLogger;
    this.#concurrency = options.concurrency ?? 1;
    this.#maxQueue = options.maxQueue ?? 16;
  }

  /** Opens the evaluations of a data folder and goes on with those that are not over. */
  static async open(data: string, options: EvaluationsOptions = {}): Promise<Evaluations> {
    const evaluations = new Evaluations(data, options);
    for (const job of await evaluations.#store.load())
      evaluations.#jobs.set(job.id, isOver(job) ? job : { ...job, state: 'queued', progress: null });
    evaluations.#next();
    return evaluations;
  }

  /** Accepts an evaluation, durably. Throws `queue-full` when too many wait, `disk-full`. */
  async start(collection: string, request: CollectionEvaluation): Promise<EvaluationJob> {
    const waiting = [...this.#jobs.values()].filter(({ state }) => state === 'queued').length;
    if (waiting >= this.#maxQueue)
      throw new SnapshelfError('queue-full', `${waiting} evaluations wait already.`, {
        details: { retryAfterSeconds: 60 },
      });
    const job: EvaluationJob = {
      ...{ id: randomUUID(), collection, request, state: 'queued', progress: null },
      createdAt: new Date().toISOString(),
    };
    this.#jobs.set(job.id, job);
    try {
      await this.#store.save(job);
    } catch (error) {
      this.#jobs.delete(job.id);
      throw error;
    }
    this.#next();
    return this.get(collection, job.id);
  }

  /** Throws `item-not-found`. */
  get(collection: string, id: string): EvaluationJob {
    const job = this.#jobs.get(id);
    if (job?.collection === collection) return job;
    throw new SnapshelfError('item-not-found', `collection ${collection} has no evaluation ${id}`);
  }

  /** The evaluations of a collection, the newest first. */
  list(collection: string): EvaluationJob[] {
    return [...this.#jobs.values()].filter((job) => job.collection === collection).reverse();
  }

  /** Where the report of an evaluation that is done is. Throws `item-not-found`, `evaluation-pending`. */
  reportOf(collection: string, id: string): string {
    const { state } = this.get(collection, id);
    if (state === 'done') return this.#store.reportOf(id);
    throw new SnapshelfError('evaluation-pending', `The evaluation ${id} is ${state}: it has no report.`);
  }

  /** Ends an evaluation that is not over; removes one that is. Returns what is left of it. Throws `item-not-found`. */
  cancel(collection: string, id: string): Promise<EvaluationJob | undefined> {
    // One after the other: the second request finds what the first has left.
    const turn = this.#cancelling.then(() => this.#cancel(collection, id));
    this.#cancelling = turn.catch(() => {});
    return turn;
  }

  async #cancel(collection: string, id: string): Promise<EvaluationJob | undefined> {
    const job = this.get(collection, id);
    if (isOver(job)) {
      this.#jobs.delete(id);
      await this.#store.remove(id);
      return undefined;
    }
    const running = this.#running.get(id);
    this.#jobs.set(id, { ...job, state: 'cancelled', progress: null });
    running?.stop.abort();
    await running?.end;
    await this.#change(id, {});
    return this.get(collection, id);
  }

  /** Forgets all evaluations of a collection, those under way too. */
  async removeAll(collection: string): Promise<void> {
    for (const { id } of this.list(collection)) {
      await this.cancel(collection, id);
      if (this.#jobs.has(id)) await this.cancel(collection, id);
    }
  }

  /** Ends what is under way; it goes on when the folder is opened again. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all([...this.#running.values()].map(({ end }) => end));
  }

  async #change(id: string, change: Partial<EvaluationJob>): Promise<void> {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    const changed = { ...job, ...change };
    this.#jobs.set(id, changed);
    await this.#store.save(changed);
  }

  #next(): void {
    const waiting = [...this.#jobs.values()].filter(({ state }) => state === 'queued');
    for (const job of waiting) {
      if (this.#closed || this.#running.size >= this.#concurrency) return;
      if (!this.#running.has(job.id)) this.#run(job);
    }
  }

  #run(job: EvaluationJob): void {
    const stop = new AbortController();
    this.#jobs.set(job.id, { ...job, state: 'running' });
    const end = this.#work(job, stop.signal).finally(() => {
      this.#running.delete(job.id);
      this.#next();
    });
    this.#running.set(job.id, { stop, end });
  }

  async #work({ id, collection, request }: EvaluationJob, signal: AbortSignal): Promise<void> {
    const report = this.#store.reportOf(id);
    const onProgress = (progress: EvaluationJob['progress']): void => {
      const job = this.#jobs.get(id);
      if (job?.state === 'running') this.#jobs.set(id, { ...job, progress });
    };
    try {
      const figures = await runJob({ data: this.#data, collection, request, report }, { signal, onProgress });
      // Cancelled in the very moment in which it was done: cancelled.
      if (this.#jobs.get(id)?.state === 'running') await this.#change(id, { state: 'done', figures });
    } catch (error) {
      if (signal.aborted) return;
      this.#log.warn('an evaluation failed', { id, collection, error: String(error) });
      await this.#change(id, { state: 'failed', error: problemOf(toSnapshelfError(error)) }).catch(() => {});
    }
  }
}
