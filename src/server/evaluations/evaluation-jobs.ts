import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { checkWhole } from '../../arguments.ts';
import { SnapshelfError } from '../../errors.ts';
import { type EvaluationRequest, type Job, runJob } from '../../eval/index.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { counted } from '../../text.ts';
import { Semaphore } from '../../threads/index.ts';
import { queueFull } from '../http/queue-full.ts';
import {
  begin,
  cancel,
  type EvaluationSummary,
  fail,
  finish,
  isOver,
  type QueuedJob,
  queue,
  type RunningJob,
} from './evaluation-job.ts';
import { EvaluationRegistry, type RegistryOptions } from './evaluation-registry.ts';
import { EvaluationStore, ignoreMissing, type Manifest } from './evaluation-store.ts';
import { failureOf } from './job-failure.ts';
import { JobQueue } from './job-queue.ts';

/** Options of `Evaluations.open`. */
export interface EvaluationsOptions
  extends Omit<RegistryOptions, 'log'>,
    Pick<Job, 'engine' | 'storedPrecision'> {
  readonly log?: Logger | undefined;
  /** Evaluations at a time, each in a process of its own. From 0, default 1. */
  readonly concurrency?: number | undefined;
  /** Evaluations that may wait; more are refused. From 0, default 16. */
  readonly maxQueue?: number | undefined;
  /** Runs a job. Default: in a process of its own. */
  readonly run?: typeof runJob | undefined;
}

/**
 * The evaluations of the collections of a data folder. They are kept in the folder: an accepted evaluation survives a
 * restart, and one that was running begins anew. A summary of each is in memory, the rest on disk.
 * @example
 * const retriever = await Retriever.open('data');
 * const evaluations = await Evaluations.open('data');
 * const app = createApp({ retriever, evaluations, allow: 'admin' });
 */
export class Evaluations {
  /** The collections that are evaluated. */
  readonly #place: Pick<Job, 'data' | 'engine' | 'storedPrecision'>;
  readonly #store: EvaluationStore;
  readonly #jobs: EvaluationRegistry;
  readonly #queue: JobQueue;
  readonly #log: Logger;
  readonly #maxQueue: number;
  readonly #run: typeof runJob;
  /** Evaluations that are being written to disk. */
  readonly #starting = new Set<{ readonly collection: string; readonly end: Promise<void> }>();
  /** Number of removals of the evaluations of each collection. */
  readonly #removals = new Map<string, number>();
  /** One cancellation after the other: the second finds what the first has left. */
  readonly #cancelling = new Semaphore(1);

  private constructor(data: string, options: EvaluationsOptions) {
    const { log = silentLogger, concurrency = 1, maxQueue = 16, run = runJob } = options;
    checkWhole('maxQueue', maxQueue, { from: 0 });
    this.#place = { data, engine: options.engine, storedPrecision: options.storedPrecision };
    this.#log = log;
    this.#maxQueue = maxQueue;
    this.#run = run;
    this.#store = new EvaluationStore(join(data, 'evaluations'), log);
    this.#jobs = new EvaluationRegistry(this.#store, { ...options, log });
    this.#queue = new JobQueue(concurrency);
  }

  /**
   * Opens the evaluations of a data folder and continues those that are not over.
   * @throws RangeError For options out of range.
   */
  static async open(data: string, options: EvaluationsOptions = {}): Promise<Evaluations> {
    const evaluations = new Evaluations(data, options);
    await evaluations.#jobs.load();
    for (const job of evaluations.#jobs.all) if (job.state === 'queued') evaluations.#enqueue(job);
    return evaluations;
  }

  /** Counts the removals of a collection: a request made before one is not for a later collection of that name. */
  removalsOf(collection: string): number {
    return this.#removals.get(collection) ?? 0;
  }

  /**
   * Accepts an evaluation. It is on disk once this resolves.
   * @param removals Result of `removalsOf` before the collection was looked at. Default: its result now.
   * @throws SnapshelfError `queue-full` if too many wait; `disk-full`, `not-writable`
   * @throws SnapshelfError `collection-not-found` if the collection was removed meanwhile
   */
  async start(
    collection: string,
    request: EvaluationRequest,
    manifest?: Manifest,
    removals: number = this.removalsOf(collection),
  ): Promise<EvaluationSummary> {
    const waiting = this.#queue.waiting + this.#starting.size;
    if (waiting >= this.#maxQueue)
      throw queueFull(`The queue is full: ${counted(waiting, 'evaluation')}. Try again later.`, 60);
    const { query: _query, gallery: _gallery, filter: _filter, ...options } = request;
    const job = queue({
      id: randomUUID(),
      collection,
      request: { ...options, ...(manifest && { manifestEntries: manifest.entries }) },
      createdAt: new Date().toISOString(),
    });
    const start = { collection, end: this.#accept(job, removals, request, manifest?.bytes) };
    this.#starting.add(start);
    await start.end.finally(() => this.#starting.delete(start));
    return this.get(collection, job.id);
  }

  async #accept(
    job: QueuedJob,
    removals: number,
    request: EvaluationRequest,
    manifest?: Uint8Array,
  ): Promise<void> {
    const { id, collection } = job;
    const requireCollection = (): void => {
      if (this.removalsOf(collection) !== removals)
        throw new SnapshelfError(
          'collection-not-found',
          `The collection ${collection} was removed meanwhile.`,
        );
    };
    requireCollection();
    try {
      await this.#store.create(job, Buffer.from(`${JSON.stringify(request)}\n`), manifest);
      requireCollection();
    } catch (error) {
      await this.#store.remove(id).catch(() => {});
      throw error;
    }
    this.#jobs.set(job);
    this.#enqueue(job);
  }

  /**
   * Reads the request of an evaluation, with its filters, from disk.
   * @throws SnapshelfError `item-not-found`, `gallery-damaged`
   */
  async requestOf(collection: string, id: string): Promise<EvaluationRequest> {
    this.get(collection, id);
    return this.#store.requestOf(id);
  }

  /** @throws SnapshelfError `item-not-found` */
  get(collection: string, id: string): EvaluationSummary {
    return this.#jobs.get(collection, id);
  }

  /** Lists the evaluations of a collection, the newest first. */
  list(collection: string): EvaluationSummary[] {
    return this.#jobs.list(collection);
  }

  /**
   * Returns the path of the report of an evaluation.
   * @throws SnapshelfError `item-not-found`, `evaluation-pending`
   */
  reportOf(collection: string, id: string): string {
    const { state } = this.get(collection, id);
    if (state === 'done') return this.#store.reportOf(id);
    throw new SnapshelfError('evaluation-pending', `The evaluation ${id} is ${state}: it has no report.`);
  }

  /**
   * Cancels an evaluation that is not over. Removes one that is, and returns undefined.
   * @throws SnapshelfError `item-not-found`
   */
  cancel(collection: string, id: string): Promise<EvaluationSummary | undefined> {
    return this.#cancelling.run(1, () => this.#cancel(collection, id));
  }

  async #cancel(collection: string, id: string): Promise<EvaluationSummary | undefined> {
    const job = this.get(collection, id);
    if (isOver(job)) {
      await this.#jobs.remove(id);
      return undefined;
    }
    const cancelled = cancel(job);
    this.#jobs.set(cancelled);
    await this.#queue.remove(id);
    await this.#jobs.saveOver(cancelled);
    await this.#jobs.removeOutdated();
    return cancelled;
  }

  /**
   * Forgets all evaluations of a collection, running ones and those being accepted too, then removes the collection by
   * calling `remove`. Evaluations accepted meanwhile are forgotten as well.
   */
  async removeAll(collection: string, remove: () => Promise<void> = async () => {}): Promise<void> {
    await this.#forget(collection);
    await remove();
    await this.#forget(collection);
  }

  async #forget(collection: string): Promise<void> {
    this.#removals.set(collection, this.removalsOf(collection) + 1);
    const starting = [...this.#starting].filter((one) => one.collection === collection);
    await Promise.allSettled(starting.map(({ end }) => end));
    for (const { id } of this.list(collection)) {
      await this.cancel(collection, id).catch(ignoreMissing);
      if (this.#jobs.find(id) !== undefined) await this.cancel(collection, id).catch(ignoreMissing);
    }
  }

  /** Aborts what runs; it begins anew when the folder is opened again. */
  async close(): Promise<void> {
    await this.#queue.close();
  }

  #enqueue(job: QueuedJob): void {
    this.#queue.add(job.id, (signal) => this.#perform(job, signal));
  }

  /** Runs a job to its end. */
  async #perform(queued: QueuedJob, signal: AbortSignal): Promise<void> {
    const { id, collection } = queued;
    this.#jobs.set(begin(queued));
    const onProgress = (progress: RunningJob['progress']): void => {
      const now = this.#jobs.find(id);
      if (now?.state === 'running') this.#jobs.set({ ...now, progress });
    };
    try {
      const job = { ...this.#place, collection, ...this.#store.filesOf(queued) };
      const figures = await this.#run(job, { signal, onProgress });
      await this.#end(id, (running) => finish(running, figures));
    } catch (error) {
      if (signal.aborted) return;
      this.#log.warn('an evaluation failed', { id, collection, error: String(error) });
      await this.#end(id, (running) => fail(running, failureOf(error))).catch(() => {});
    }
    await this.#jobs.removeOutdated();
  }

  /** Ends a job that runs. One that was cancelled in the moment in which it was done stays cancelled. */
  async #end(id: string, end: (job: RunningJob) => EvaluationSummary): Promise<void> {
    const job = this.#jobs.find(id);
    if (job?.state === 'running') await this.#jobs.saveOver(end(job));
  }
}
