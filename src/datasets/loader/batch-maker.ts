import { SnapshelfError } from '../../errors.ts';
import { mainModule } from '../../main-module.ts';
import { WorkerThread } from '../../threads/index.ts';
import type { BatchOperations, BatchOrder, BatchSource, LiveRun } from './batch-order.ts';

/** A thread, and the number of batches that it has not made yet. */
interface Maker {
  readonly thread: WorkerThread<BatchOperations>;
  owed: number;
}

type Images = Uint8Array<ArrayBuffer>;

const closed = 'The loader was closed.';

/** Closes a thread. One that dies meanwhile has ended as well. */
const end = (thread: WorkerThread<BatchOperations>): Promise<void> =>
  thread.close().catch((error: unknown) => {
    if (!(error instanceof SnapshelfError && error.code === 'worker-died')) throw error;
  });

/**
 * Threads that make batches. They keep the process alive only while they make one. When a run ends, each finishes or
 * drops the batch it is making within the time of one picture.
 */
export class BatchMaker {
  readonly #live: LiveRun;
  readonly #makers: readonly Maker[];
  readonly #ordered = new Map<number, Promise<Images | undefined>>();
  #runs = 0;
  #end: SnapshelfError | undefined;

  private constructor(live: LiveRun, threads: readonly WorkerThread<BatchOperations>[]) {
    this.#live = live;
    this.#makers = threads.map((thread) => ({ thread, owed: 0 }));
    for (const { ended } of threads) void ended.then((reason) => this.#stop(reason));
  }

  /**
   * Starts the threads and waits until they are ready.
   *
   * @throws SnapshelfError `worker-died` if one does not start
   */
  static async open(
    workers: number,
    script: URL = mainModule(import.meta.url, './batch-worker'),
  ): Promise<BatchMaker> {
    const live: LiveRun = new Int32Array(new SharedArrayBuffer(4));
    const options = {
      name: 'loader',
      data: { live },
      ended: 'A thread that prepares pictures has ended',
      closed,
    };
    const starts = await Promise.allSettled(
      Array.from({ length: workers }, () => WorkerThread.start<BatchOperations>(script, options)),
    );
    const threads = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value.thread] : []));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed === undefined) return new BatchMaker(live, threads);
    await Promise.all(threads.map(end));
    throw failed.reason;
  }

  /** Opens the source of the batches in every thread; once, before the first run. */
  async prepare(source: BatchSource): Promise<void> {
    await Promise.all(this.#makers.map(({ thread }) => thread.call('open', [source])));
  }

  /**
   * Begins a run of batches and returns its number. The rest of the run before is dropped.
   *
   * @throws SnapshelfError `worker-died`, `closed`
   */
  begin(): number {
    if (this.#end !== undefined) throw this.#end;
    this.#ordered.clear();
    this.#runs += 1;
    Atomics.store(this.#live, 0, this.#runs);
    return this.#runs;
  }

  /** Ends a run: its batches are no longer made. */
  end(run: number): void {
    if (run !== this.#runs) return;
    Atomics.store(this.#live, 0, 0);
    this.#ordered.clear();
  }

  /** Orders a batch from the thread that owes the fewest; `take` waits for it. */
  order(order: BatchOrder): void {
    const maker = this.#makers.reduce((least, other) => (other.owed < least.owed ? other : least));
    maker.owed += 1;
    const images = maker.thread.call('make', [order]).finally(() => {
      maker.owed -= 1;
    });
    // The error reaches whoever takes the batch; a batch that nobody takes must not end the process.
    images.catch(() => {});
    this.#ordered.set(order.index, images);
  }

  /**
   * Returns a batch that was ordered.
   *
   * @throws SnapshelfError `worker-died`, `closed`; the error of reading a picture
   * @throws RangeError if no batch of that index was ordered
   */
  async take(index: number): Promise<Images> {
    const ordered = this.#ordered.get(index);
    if (ordered === undefined) throw new RangeError(`Batch ${index} was not ordered.`);
    const images = await ordered.finally(() => this.#ordered.delete(index));
    if (images !== undefined) return images;
    throw this.#end ?? new SnapshelfError('internal', `Batch ${index} was dropped.`);
  }

  /** Ends the threads; an epoch that is being iterated fails with `closed`. */
  async close(): Promise<void> {
    this.#stop(new SnapshelfError('closed', closed));
    await Promise.all(this.#makers.map(({ thread }) => end(thread)));
  }

  /** The first reason stays: after it nothing is made any more. */
  #stop(reason: SnapshelfError): void {
    this.#end ??= reason;
    Atomics.store(this.#live, 0, 0);
  }
}
