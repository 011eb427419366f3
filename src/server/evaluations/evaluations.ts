import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { type EvaluationRequest, runJob } from '../../eval/index.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { problemOf, toSnapshelfError } from '../http/problem.ts';
import { type EvaluationSummary, isOver } from './job-file.ts';
import { EvaluationStore } from './store.ts';

/** How evaluations are run. */
export interface EvaluationsOptions {
  readonly log?: Logger | undefined;
  /** Evaluations at once, each in a process of its own. Default 1. */
  readonly concurrency?: number | undefined;
  /** Evaluations that may wait; more are refused. Default 16. */
  readonly maxQueue?: number | undefined;
  /** Evaluations that are over and are kept; the oldest go first. Default 100. */
  readonly kept?: number | undefined;
  /** Days since it was asked for that an evaluation is kept when it is over. Default 30. */
  readonly keptDays?: number | undefined;
}

/** A manifest: the JSON list of its entries, checked, and how many they are. */
export interface Manifest {
  readonly bytes: Uint8Array;
  readonly entries: number;
}

/** One that was to be removed may have been too old, or one too many. */
function unlessGone(error: unknown): void {
  if (!(error instanceof SnapshelfError) || error.code !== 'item-not-found') throw error;
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Evaluations of the collections of a data folder, kept in it: what was accepted is answered for after a restart too. What
 * was under way when the process ended begins anew. In memory is a summary of each; the rest stays on disk.
 */
export class Evaluations {
  readonly #data: string;
  readonly #store: EvaluationStore;
  readonly #log: Logger;
  readonly #concurrency: number;
  readonly #maxQueue: number;
  readonly #kept: number;
  readonly #keptMs: number;
  readonly #jobs = new Map<string, EvaluationSummary>();
  /** Those that are being written to disk. */
  readonly #starting = new Set<{ readonly collection: string; readonly end: Promise<void> }>();
  /** How often the evaluations of each collection were removed. */
  readonly #removals = new Map<string, number>();
  readonly #running = new Map<string, { readonly stop: AbortController; readonly end: Promise<void> }>();
  #cancelling: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(data: string, options: EvaluationsOptions) {
    this.#data = data;
    this.#log = options.log ?? silentLogger;
    this.#store = new EvaluationStore(join(data, 'evaluations'), this.#log);
    const { kept = 100, keptDays = 30 } = options;
    if (!(kept >= 0)) throw new RangeError(`kept must be a number of 0 or more, not ${String(kept)}`);
    if (!(keptDays >= 0))
      throw new RangeError(`keptDays must be a number of 0 or more, not ${String(keptDays)}`);
    this.#kept = kept;
    this.#keptMs = keptDays * dayMs;
    this.#concurrency = options.concurrency ?? 1;
    this.#maxQueue = options.maxQueue ?? 16;
  }

  /** Opens the evaluations of a data folder and goes on with those that are not over. */
  static async open(data: string, options: EvaluationsOptions = {}): Promise<Evaluations> {
    const evaluations = new Evaluations(data, options);
    for (const job of await evaluations.#store.load())
      evaluations.#jobs.set(job.id, isOver(job) ? job : { ...job, state: 'queued', progress: null });
    await evaluations.#tidy();
    evaluations.#next();
    return evaluations;
  }

  /** Changes when a collection is removed: what was asked for before is not for a later one of its name. */
  removalsOf(collection: string): number {
    return this.#removals.get(collection) ?? 0;
  }

  /**
   * Accepts an evaluation, durably. Throws `queue-full` when too many wait, `disk-full`, `collection-not-found` when the
   * collection was removed meanwhile.
   * @param removals What `removalsOf` said before the collection was looked at. Default: what it says now.
   */
  async start(
    collection: string,
    request: EvaluationRequest,
    manifest?: Manifest,
    removals: number = this.removalsOf(collection),
  ): Promise<EvaluationSummary> {
    const queued = [...this.#jobs.values()].filter(({ state }) => state === 'queued').length;
    const waiting = queued + this.#starting.size;
    if (waiting >= this.#maxQueue)
      throw new SnapshelfError('queue-full', `${waiting} evaluations wait already.`, {
        details: { retryAfterSeconds: 60 },
      });
    const { query: _query, gallery: _gallery, ...options } = request;
    const job: EvaluationSummary = {
      ...{ id: randomUUID(), collection, state: 'queued', progress: null },
      request: { ...options, manifestEntries: manifest?.entries },
      createdAt: new Date().toISOString(),
    };
    const bytes = Buffer.from(`${JSON.stringify(request)}\n`);
    const start = { collection, end: this.#accept(job, removals, bytes, manifest?.bytes) };
    this.#starting.add(start);
    await start.end.finally(() => this.#starting.delete(start));
    this.#next();
    return this.get(collection, job.id);
  }

  async #accept(
    job: EvaluationSummary,
    removals: number,
    request: Uint8Array,
    manifest?: Uint8Array,
  ): Promise<void> {
    const { id, collection } = job;
    const requireCollection = (): void => {
      if (this.removalsOf(collection) !== removals)
        throw new SnapshelfError('collection-not-found', `collection ${collection} was removed meanwhile`);
    };
    requireCollection();
    try {
      await this.#store.create(job, request, manifest);
      requireCollection();
    } catch (error) {
      await this.#store.remove(id).catch(() => {});
      throw error;
    }
    this.#jobs.set(id, job);
  }

  /** What was asked, with its filters, from disk. Throws `item-not-found`. */
  async requestOf(collection: string, id: string): Promise<EvaluationRequest> {
    this.get(collection, id);
    return this.#store.requestOf(id);
  }

  /** Throws `item-not-found`. */
  get(collection: string, id: string): EvaluationSummary {
    const job = this.#jobs.get(id);
    if (job?.collection === collection) return job;
    throw new SnapshelfError('item-not-found', `collection ${collection} has no evaluation ${id}`);
  }

  /** The evaluations of a collection, the newest first. */
  list(collection: string): EvaluationSummary[] {
    return [...this.#jobs.values()].filter((job) => job.collection === collection).reverse();
  }

  /** Where the report of an evaluation that is done is. Throws `item-not-found`, `evaluation-pending`. */
  reportOf(collection: string, id: string): string {
    const { state } = this.get(collection, id);
    if (state === 'done') return this.#store.reportOf(id);
    throw new SnapshelfError('evaluation-pending', `The evaluation ${id} is ${state}: it has no report.`);
  }

  /** Ends an evaluation that is not over; removes one that is. Returns what is left of it. Throws `item-not-found`. */
  cancel(collection: string, id: string): Promise<EvaluationSummary | undefined> {
    // One after the other: the second request finds what the first has left.
    const turn = this.#cancelling.then(() => this.#cancel(collection, id));
    this.#cancelling = turn.catch(() => {});
    return turn;
  }

  async #cancel(collection: string, id: string): Promise<EvaluationSummary | undefined> {
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
    const cancelled = this.get(collection, id);
    await this.#tidy();
    return cancelled;
  }

  /**
   * Forgets all evaluations of a collection, those that are under way or being accepted too, then removes the collection
   * by `remove`; those that were accepted while that went on are forgotten as well.
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
      await this.cancel(collection, id).catch(unlessGone);
      if (this.#jobs.has(id)) await this.cancel(collection, id).catch(unlessGone);
    }
  }

  /** Ends what is under way; it goes on when the folder is opened again. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all([...this.#running.values()].map(({ end }) => end));
  }

  async #change(id: string, change: Partial<EvaluationSummary>): Promise<void> {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    const changed = { ...job, ...change };
    this.#jobs.set(id, changed);
    await this.#store.save(changed);
  }

  /** Removes those that are over and too old, or too many. */
  async #tidy(): Promise<void> {
    const over = [...this.#jobs.values()].filter(isOver);
    const since = new Date(Math.max(0, Date.now() - this.#keptMs)).toISOString();
    const doomed = over.filter(({ createdAt }, at) => createdAt < since || at < over.length - this.#kept);
    if (doomed.length === 0) return;
    for (const { id } of doomed) {
      this.#jobs.delete(id);
      await this.#store.remove(id).catch((error: unknown) => this.#log.warn(String(error), { id }));
    }
    this.#log.info('old evaluations were removed', {
      removed: doomed.length,
      kept: over.length - doomed.length,
    });
  }

  #next(): void {
    const waiting = [...this.#jobs.values()].filter(({ state }) => state === 'queued');
    for (const job of waiting) {
      if (this.#closed || this.#running.size >= this.#concurrency) return;
      if (!this.#running.has(job.id)) this.#run(job);
    }
  }

  #run(job: EvaluationSummary): void {
    const stop = new AbortController();
    this.#jobs.set(job.id, { ...job, state: 'running' });
    const end = this.#work(job, stop.signal).finally(() => {
      this.#running.delete(job.id);
      this.#next();
    });
    this.#running.set(job.id, { stop, end });
  }

  async #work(job: EvaluationSummary, signal: AbortSignal): Promise<void> {
    const { id, collection } = job;
    const onProgress = (progress: EvaluationSummary['progress']): void => {
      const now = this.#jobs.get(id);
      if (now?.state === 'running') this.#jobs.set(id, { ...now, progress });
    };
    try {
      const files = this.#store.filesOf(job);
      const figures = await runJob({ data: this.#data, collection, ...files }, { signal, onProgress });
      // Cancelled in the very moment in which it was done: cancelled.
      if (this.#jobs.get(id)?.state === 'running') await this.#change(id, { state: 'done', figures });
    } catch (error) {
      if (signal.aborted) return;
      this.#log.warn('an evaluation failed', { id, collection, error: String(error) });
      const { type, title, status, detail, code } = problemOf(toSnapshelfError(error));
      const problem = { type, title, status, detail, code };
      await this.#change(id, { state: 'failed', error: problem }).catch(() => {});
    }
    await this.#tidy();
  }
}
