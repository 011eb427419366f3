import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { deserializeError, SnapshelfError } from '../errors.ts';
import type { BatchOrder, LiveRun, MakerData, MakerReply, MakerRequest } from './loader-protocol.ts';

const makerScript = new URL(`./loader-worker${extname(import.meta.url)}`, import.meta.url);

/** A thread, and how many batches it owes. */
interface Thread {
  readonly worker: Worker;
  readonly ended: Promise<void>;
  owed: number;
}

interface Expected {
  readonly images: Promise<Uint8Array<ArrayBuffer>>;
  readonly resolve: (images: Uint8Array<ArrayBuffer>) => void;
  readonly reject: (error: Error) => void;
}

function expectation(): Expected {
  const { promise, resolve, reject } = withResolvers<Uint8Array<ArrayBuffer>>();
  // Whoever takes the batch gets the error; a batch that nobody takes must not end the process.
  promise.catch(() => {});
  return { images: promise, resolve, reject };
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/**
 * Threads that make batches. They keep the process alive only while a batch is waited for, and end by message: what
 * one has begun, it finishes or drops within a picture's time.
 */
export class BatchMaker {
  readonly #live: LiveRun = new Int32Array(new SharedArrayBuffer(4));
  readonly #threads: Thread[];
  readonly #expected = new Map<number, Expected>();
  #runs = 0;
  #failure: SnapshelfError | undefined;

  private constructor(workers: number, script: URL) {
    this.#threads = Array.from({ length: workers }, () => this.#startThread(script));
  }

  /**
   * Starts the threads and waits until they can be told what to do.
   * @throws SnapshelfError `worker-died` when one does not start.
   */
  static async open(workers: number, script: URL = makerScript): Promise<BatchMaker> {
    const maker = new BatchMaker(workers, script);
    try {
      await Promise.all(maker.#threads.map(({ worker }) => maker.#ready(worker)));
    } catch (error) {
      await maker.close();
      throw error;
    }
    for (const { worker } of maker.#threads) worker.unref();
    return maker;
  }

  /** Says where the pictures are and what is to become of them; once, before the first run. */
  prepare(request: Extract<MakerRequest, { kind: 'open' }>): void {
    for (const { worker } of this.#threads) worker.postMessage(request);
  }

  /** Begins a run of batches; what is left of the one before is dropped. @throws SnapshelfError `worker-died`, `closed`. */
  begin(): number {
    if (this.#failure !== undefined) throw this.#failure;
    this.#expected.clear();
    Atomics.store(this.#live, 0, ++this.#runs);
    return this.#runs;
  }

  /** Ends a run: its batches are no longer made. */
  end(run: number): void {
    if (run !== this.#runs) return;
    Atomics.store(this.#live, 0, 0);
    this.#expected.clear();
  }

  /** Has a batch made; `take` waits for it. */
  order(order: BatchOrder): void {
    const expected = expectation();
    this.#expected.set(order.index, expected);
    if (this.#failure !== undefined) {
      expected.reject(this.#failure);
      return;
    }
    const [first, ...others] = this.#threads as [Thread, ...Thread[]];
    const thread = others.reduce((least, other) => (other.owed < least.owed ? other : least), first);
    thread.owed++;
    thread.worker.postMessage({ kind: 'make', order } satisfies MakerRequest);
  }

  /** The batch ordered under that index. @throws SnapshelfError `worker-died`, `closed`, what reading a picture throws. */
  async take(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const expected = this.#expected.get(index);
    if (expected === undefined) throw new RangeError(`batch ${index} was not ordered`);
    for (const { worker } of this.#threads) worker.ref();
    try {
      return await expected.images;
    } finally {
      this.#expected.delete(index);
      for (const { worker } of this.#threads) worker.unref();
    }
  }

  /** Ends the threads; who waits for a batch gets `closed`. */
  async close(): Promise<void> {
    Atomics.store(this.#live, 0, 0);
    this.#fail(new SnapshelfError('closed', 'The loader was closed.'));
    for (const { worker } of this.#threads) {
      worker.ref();
      worker.postMessage({ kind: 'close' } satisfies MakerRequest);
    }
    await Promise.all(this.#threads.map(({ ended }) => ended));
  }

  #startThread(script: URL): Thread {
    const workerData: MakerData = { live: this.#live };
    const worker = new Worker(script, { workerData, name: 'snapshelf-loader', execArgv: [] });
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', (code) => {
        this.#fail(death(code, cause));
        resolve();
      });
    });
    const thread: Thread = { worker, ended, owed: 0 };
    worker.on('message', (reply: MakerReply) => this.#receive(thread, reply));
    return thread;
  }

  #ready(worker: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('exit', () => reject(this.#failure));
    });
  }

  #receive(thread: Thread, reply: MakerReply): void {
    if (reply.kind === 'ready') return;
    thread.owed--;
    if (reply.run !== this.#runs) return;
    const expected = this.#expected.get(reply.index);
    if (reply.kind === 'batch') expected?.resolve(reply.images);
    if (reply.kind === 'failed') expected?.reject(deserializeError(reply.error));
  }

  /** The first failure stays: after it nothing is made any more. */
  #fail(error: SnapshelfError): void {
    this.#failure ??= error;
    Atomics.store(this.#live, 0, 0);
    for (const { reject } of this.#expected.values()) reject(this.#failure);
  }
}

function death(code: number, cause: unknown): SnapshelfError {
  const why = cause instanceof Error ? cause.message : `exit code ${code}`;
  return new SnapshelfError('worker-died', `A worker thread that prepares pictures ended (${why}).`, {
    cause,
  });
}
