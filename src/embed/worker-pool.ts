import { SnapshelfError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { mainModule } from '../main-module.ts';
import { disableTelemetry, type ProviderDecision } from '../runtime/index.ts';
import { WorkerThread } from '../threads/index.ts';
import type { BatchResult, InferenceOperations, WorkerSetup } from './operations.ts';
import { RestartingWorker, type StartedThread } from './restarting-worker.ts';

/** Options of a pool. */
export interface WorkerPoolOptions {
  readonly setup: WorkerSetup;
  /** Threads with a session each, 1 or more. */
  readonly workers: number;
  /** Called when a worker can take a batch. */
  readonly onIdle: () => void;
  /** Called with the reason when no worker is left and none is being started. */
  readonly onUnavailable: (error: SnapshelfError) => void;
  readonly log: Logger;
  /** @internal The main module of the threads; for tests. */
  readonly script?: URL | undefined;
}

const inferenceThread = mainModule(import.meta.url, './inference-thread');

/** Worker threads that each hold one session of the same model. Threads that die are replaced. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers: readonly RestartingWorker[];
  #decision: ProviderDecision | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const events = { idle: options.onIdle, down: () => this.#workerDown() };
    this.#workers = Array.from(
      { length: options.workers },
      () => new RestartingWorker(() => this.#launch(), events, options.log),
    );
  }

  /**
   * Starts the workers. The provider that the first one chooses holds for all. If one does not start, all are ended.
   * @throws SnapshelfError as the threads report: `model-not-found`, `onnx-invalid`, `model-invalid`,
   * `provider-unavailable`, `inference-failed`; or `worker-died`.
   */
  async open(): Promise<void> {
    const [first, ...others] = this.#workers;
    if (first === undefined) throw new RangeError('A pool needs at least 1 worker.');
    try {
      this.#decision = await first.open();
      await Promise.all(others.map((worker) => worker.open()));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The provider that the workers run on. @throws TypeError before `open` has ended. */
  get decision(): ProviderDecision {
    if (this.#decision === undefined) throw new TypeError('The pool is not open.');
    return this.#decision;
  }

  /** True if `run` can be called. */
  get idle(): boolean {
    return this.#workers.some((worker) => worker.idle);
  }

  /** Threads that were started in place of dead ones. */
  get restarts(): number {
    return this.#workers.reduce((sum, worker) => sum + worker.restarts, 0);
  }

  /**
   * Starts workers that are down and whose pause is over.
   * @returns the reason why no worker can serve, or undefined if one can or is about to
   */
  wake(): SnapshelfError | undefined {
    for (const worker of this.#workers) worker.wake();
    const [first, ...others] = this.#workers.map((worker) => worker.failure);
    if (first === undefined || others.includes(undefined)) return undefined;
    const { error, retryAfterSeconds } = first;
    const code = error instanceof SnapshelfError ? error.code : 'worker-died';
    const message = `No worker thread that embeds images stays alive. The last one failed: ${error.message}`;
    return new SnapshelfError(code, message, { cause: error, details: { retryAfterSeconds } });
  }

  /**
   * Runs a batch on an idle worker.
   * @param pixels `uint8[count,H,W,3]`; moved to the thread, so unusable afterwards
   * @throws SnapshelfError `inference-failed`, `model-invalid`, `worker-died`.
   * @throws TypeError if no worker is idle.
   */
  async run(pixels: Uint8Array<ArrayBuffer>, count: number): Promise<BatchResult> {
    const worker = this.#workers.find((candidate) => candidate.idle);
    if (worker === undefined) throw new TypeError('A pool without an idle worker cannot run a batch.');
    return worker.run(pixels, count);
  }

  /** Waits for the batches that run and ends all threads. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #launch(): Promise<StartedThread> {
    const { setup, script = inferenceThread } = this.#options;
    disableTelemetry();
    return WorkerThread.start<InferenceOperations, ProviderDecision>(script, {
      name: 'embed',
      data: { ...setup, provider: this.#decision?.provider ?? setup.provider },
      ended: 'The worker thread that embeds images has ended',
      advice: 'Send the image again.',
      closed: 'The embedder was closed. Open another one.',
      guardExit: true,
    });
  }

  #workerDown(): void {
    const error = this.wake();
    if (error !== undefined) this.#options.onUnavailable(error);
  }
}
