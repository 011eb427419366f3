import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CollectionInfo,
  defaultLeaseMs,
  HeldLease,
  type Lease,
  type Records,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { problemOf, toSnapshelfError } from '../http/problem.ts';
import { checkLeft, JobBook, newJob } from './job-book.ts';
import type { JobKind, SharedJobsOptions } from './job-kind.ts';
import type { JobRecord } from './job-record.ts';

interface Run<O, N> {
  job: JobRecord<O, N>;
  readonly held: HeldLease;
  readonly stop: AbortController;
  end: Promise<void>;
}

/** Milliseconds between two looks for the end of a job that another server is to cancel. */
const pauseMs = 200;

const codeOf = (error: unknown): string | undefined =>
  error instanceof SnapshelfError ? error.code : undefined;

const cancelled = new SnapshelfError('closed', 'The job was cancelled.');
const closing = new SnapshelfError('closed', 'The server ends.');

/**
 * The jobs of one kind. Their records are what any server tells of them; the one that works on a job has its lease, and when nothing is
 * heard of it, another goes on with it. Records that end with the process make them jobs of that process alone.
 */
export class SharedJobs<O, N> {
  readonly #kind: JobKind<O, N>;
  readonly #book: JobBook<O, N>;
  readonly #records: Records;
  readonly #log: Logger;
  readonly #leaseMs: number;
  readonly #createdAt: SharedJobsOptions['createdAt'];
  readonly #running = new Map<string, Run<O, N>>();
  readonly #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(kind: JobKind<O, N>, options: SharedJobsOptions) {
    const { records, log, leaseMs = defaultLeaseMs } = options;
    this.#kind = kind;
    this.#createdAt = options.createdAt;
    this.#book = new JobBook(kind, records, log);
    this.#records = records;
    this.#log = log;
    this.#leaseMs = leaseMs;
    if (records.areShared) this.#timer = setInterval(() => this.#lookSoon(), leaseMs / 4).unref();
  }

  /** The collections whose jobs this server works on. */
  get busy(): string[] {
    return [...this.#running.keys()];
  }

  /**
   * Starts a job. It is kept when this resolves.
   * @throws SnapshelfError `collection-busy` while one is under way for the collection.
   */
  async start(info: CollectionInfo, options: O, numbers: N | null): Promise<JobRecord<O, N>> {
    // A collection of that name that is gone.
    if (this.#running.get(info.name)?.job.createdAt !== info.createdAt) await this.#stop(info.name, closing);
    const held = await this.#take(info.name);
    if (held === undefined)
      throw new SnapshelfError('collection-busy', `The collection ${info.name} has such a job under way.`);
    const job = newJob(info, options, numbers);
    try {
      await this.#book.forgetCancel(info.name);
      await this.#book.write(job, held.lease);
    } catch (error) {
      await held.release();
      throw error;
    }
    return this.#begin(job, held).job;
  }

  /** Returns the last job of a collection; undefined if there was none. */
  async find({ name, createdAt }: CollectionInfo): Promise<JobRecord<O, N> | undefined> {
    const job = this.#running.get(name)?.job ?? (await this.#book.read(name));
    return job?.createdAt === createdAt ? job : undefined;
  }

  /** Cancels the job of a collection, on whatever server it runs, and returns it when it has ended; undefined if there is none. */
  async cancel(info: CollectionInfo): Promise<JobRecord<O, N> | undefined> {
    const job = await this.find(info);
    if (job?.state !== 'running') return job;
    await this.#cancel(info.name);
    return this.find(info);
  }

  /** Ends the job of a collection that is removed, or was, and forgets it. */
  async forget(collection: string): Promise<void> {
    const isRunning =
      this.#running.has(collection) || (await this.#book.read(collection))?.state === 'running';
    if (isRunning) await this.#cancel(collection);
    await this.#book.forget(collection);
  }

  /** Interrupts what this server works on; others go on with it at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all(this.busy.map((name) => this.#stop(name, closing)));
  }

  #take(collection: string): Promise<HeldLease | undefined> {
    return HeldLease.take(this.#records, `${this.#kind.name} of ${collection}`, {
      ms: this.#leaseMs,
      onBeat: (lease) => this.#beat(collection, lease),
    });
  }

  #begin(job: JobRecord<O, N>, held: HeldLease): Run<O, N> {
    const run: Run<O, N> = { job, held, stop: new AbortController(), end: Promise.resolve() };
    this.#running.set(job.collection, run);
    run.end = this.#perform(run);
    return run;
  }

  async #perform(run: Run<O, N>): Promise<void> {
    const { job, held, stop } = run;
    const signal = AbortSignal.any([stop.signal, held.signal]);
    const onProgress = (numbers: N): void => {
      const isFirst = run.job.numbers === null;
      run.job = { ...run.job, numbers };
      if (isFirst) held.beat();
    };
    try {
      if (job.begun > 1) checkLeft(job, await this.#createdAt(job.collection));
      await this.#kind.work(job, { signal, lease: held.lease, onProgress });
      await this.#end(run, { ...run.job, state: 'done' });
    } catch (error) {
      await this.#fail(run, error);
    } finally {
      await held.release();
      this.#running.delete(job.collection);
    }
  }

  async #fail(run: Run<O, N>, error: unknown): Promise<void> {
    const { held, stop } = run;
    const { collection } = run.job;
    // Another server goes on with it: one that has it already, or that will find it.
    if (held.signal.aborted || stop.signal.reason === closing) return;
    if (!stop.signal.aborted) {
      // So does whichever finds it first when the engine is there again.
      const isPassing = codeOf(error) === 'engine-unavailable' && this.#records.areShared;
      if (isPassing || codeOf(error) === 'closed') return;
      this.#log.warn('a job failed', { kind: this.#kind.name, collection, error: String(error) });
      return this.#end(run, { ...run.job, state: 'failed', error: problemOf(toSnapshelfError(error)) });
    }
    await this.#kind
      .undo?.(collection, held.lease)
      .catch((failure: Error) => this.#warn(collection, failure));
    await this.#end(run, { ...run.job, state: 'cancelled' });
  }

  /** Tells the end, then keeps it. */
  async #end(run: Run<O, N>, job: JobRecord<O, N>): Promise<void> {
    // No sign of life must write over it.
    await run.held.quiet();
    run.job = job;
    await this.#kind.tell?.(job).catch((failure: Error) => this.#warn(job.collection, failure));
    try {
      await this.#book.write(job, run.held.lease);
      await this.#book.forgetCancel(job.collection);
    } catch (error) {
      this.#warn(job.collection, error as Error);
    }
  }

  #warn(collection: string, { message }: Error): void {
    this.#log.warn(`the end of a job cannot be kept: ${message}`, { kind: this.#kind.name, collection });
  }

  async #stop(collection: string, reason: unknown): Promise<void> {
    const run = this.#running.get(collection);
    run?.stop.abort(reason);
    await run?.end;
  }

  /** Keeps the progress, and looks whether another server was asked to cancel. */
  async #beat(collection: string, lease: Lease): Promise<void> {
    const run = this.#running.get(collection);
    if (run === undefined) return;
    await this.#book.write(run.job, lease);
    if (await this.#book.isToCancel(collection)) run.stop.abort(cancelled);
  }

  async #cancel(collection: string): Promise<void> {
    if (this.#running.has(collection)) return this.#stop(collection, cancelled);
    await this.#book.askToCancel(collection);
    // Its server looks with its next sign of life; if there is none, this one takes it to end it.
    for (let waited = 0; waited < 3 * this.#leaseMs; waited += pauseMs) {
      if ((await this.#book.read(collection))?.state !== 'running') return;
      (await this.#takeOver(collection))?.stop.abort(cancelled);
      await this.#running.get(collection)?.end;
      await sleep(pauseMs);
    }
  }

  #lookSoon(): void {
    this.#looking ??= this.#look()
      .catch((error: Error) => this.#log.debug(`jobs cannot be looked for: ${error.message}`))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  /** Takes over the jobs of servers of which nothing is heard. */
  async #look(): Promise<void> {
    for (const collection of await this.#book.unfinished())
      if (!this.#running.has(collection) && !this.#isClosed) await this.#takeOver(collection);
  }

  async #takeOver(collection: string): Promise<Run<O, N> | undefined> {
    const held = await this.#take(collection);
    if (held === undefined) return undefined;
    try {
      const job = await this.#book.read(collection);
      if (job?.state === 'running' && !this.#isClosed) return await this.#goOn(job, held);
    } catch (error) {
      this.#log.debug(`a job cannot be taken over: ${(error as Error).message}`);
    }
    await held.release();
    return undefined;
  }

  async #goOn(job: JobRecord<O, N>, held: HeldLease): Promise<Run<O, N>> {
    const { collection, id, begun } = job;
    this.#log.info('goes on with a job that another left', { kind: this.#kind.name, collection, id });
    const again = { ...job, begun: begun + 1 };
    await this.#book.write(again, held.lease);
    return this.#begin(again, held);
  }
}
