import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { checkWhole } from '../../arguments.ts';
import { defaultLeaseMs, type Records } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { type EvaluationRequest, type Job, runJob } from '../../eval/index.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { counted } from '../../text.ts';
import { Semaphore } from '../../threads/index.ts';
import { queueFull } from '../http/queue-full.ts';
import { cancel, type EvaluationSummary, isOver, type QueuedJob, queue } from './evaluation-job.ts';
import { EvaluationMirror } from './evaluation-mirror.ts';
import { EvaluationRegistry, type RegistryOptions } from './evaluation-registry.ts';
import { EvaluationRunner } from './evaluation-runner.ts';
import { EvaluationStore, ignoreMissing, type Manifest } from './evaluation-store.ts';
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
  /** @internal The records that the servers of an engine share. Default: there are none. */
  readonly records?: Records | undefined;
  /** See `AppOptions.jobLeaseMs`. */
  readonly leaseMs?: number | undefined;
  /** Runs a job. Default: in a process of its own. */
  readonly run?: typeof runJob | undefined;
}

/**
 * The evaluations of the collections of a data folder. They are kept in the folder, or for all servers of an engine by it: an accepted
 * evaluation survives a restart, and one that was running begins anew. A summary of each is in memory, the rest on disk.
 * @example
 * const retriever = await Retriever.open('data');
 * const evaluations = await Evaluations.open('data');
 * const app = createApp({ retriever, evaluations, allow: 'admin' });
 */
export class Evaluations {
  readonly #store: EvaluationStore;
  readonly #jobs: EvaluationRegistry;
  readonly #queue: JobQueue;
  readonly #maxQueue: number;
  readonly #mirror: EvaluationMirror | undefined;
  readonly #runner: EvaluationRunner;
  #timer: NodeJS.Timeout | undefined;
  /** Evaluations that are being written to disk. */
  readonly #starting = new Set<{ readonly collection: string; readonly end: Promise<void> }>();
  /** Number of removals of the evaluations of each collection. */
  readonly #removals = new Map<string, number>();
  /** One cancellation after the other: the second finds what the first has left. */
  readonly #cancelling = new Semaphore(1);

  private constructor(data: string, options: EvaluationsOptions) {
    const { log = silentLogger, concurrency = 1, maxQueue = 16, run = runJob, leaseMs } = options;
    checkWhole('maxQueue', maxQueue, { from: 0 });
    this.#maxQueue = maxQueue;
    const folder = join(data, 'evaluations');
    const place = { data, engine: options.engine, storedPrecision: options.storedPrecision };
    const mirror = options.records && new EvaluationMirror(options.records, folder, log);
    const store = new EvaluationStore(folder, log, mirror);
    const jobs = new EvaluationRegistry(store, { ...options, log, mirror });
    this.#store = store;
    this.#jobs = jobs;
    this.#mirror = mirror;
    this.#runner = new EvaluationRunner({ place, store, jobs, mirror, log, run, leaseMs });
    this.#queue = new JobQueue(concurrency);
  }

  /**
   * Opens the evaluations of a data folder and continues those that are not over.
   * @throws RangeError For options out of range.
   */
  static async open(data: string, options: EvaluationsOptions = {}): Promise<Evaluations> {
    const evaluations = new Evaluations(data, options);
    await evaluations.#jobs.load();
    evaluations.#enqueueAll();
    const look = () =>
      evaluations
        .refresh()
        .then(() => evaluations.#enqueueAll())
        .catch(() => {});
    if (options.records !== undefined)
      evaluations.#timer = setInterval(() => void look(), (options.leaseMs ?? defaultLeaseMs) / 4).unref();
    return evaluations;
  }

  /** Reads what other servers have changed; does nothing where there are none. @throws SnapshelfError `engine-unavailable`. */
  async refresh(): Promise<void> {
    if (this.#mirror !== undefined) await this.#jobs.load();
  }

  /** Has the report of an evaluation, which another server may have made, at its path. */
  async bringReport(id: string): Promise<void> {
    await this.#mirror?.take(id, 'report.json');
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
    await this.#mirror?.take(id, 'request.json');
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
    clearInterval(this.#timer);
    await this.#queue.close();
  }

  #enqueue(job: QueuedJob): void {
    this.#queue.add(job.id, (signal) => this.#runner.perform(job, signal));
  }

  /** Has all that are not over wait for their turn here; another server may be the first. */
  #enqueueAll(): void {
    for (const job of this.#jobs.all) if (!isOver(job) && !this.#queue.has(job.id)) this.#enqueue(queue(job));
  }
}
