import type { Logger } from '../log.ts';
import type { ProviderDecision } from '../runtime/index.ts';
import type { WorkerThread } from '../threads/index.ts';
import type { BatchResult, InferenceOperations } from './operations.ts';

/** A thread whose model is loaded, and the provider that it chose. */
export interface StartedThread {
  readonly thread: WorkerThread<InferenceOperations>;
  readonly ready: ProviderDecision;
}

/** Events that a worker reports to its pool. */
export interface WorkerEvents {
  /** Called when the worker can take a batch. */
  readonly idle: () => void;
  /** Called when the thread is dead and is not replaced for now; see `failure`. */
  readonly down: () => void;
}

/** Deaths in a row, without a finished batch between them, after which a restart waits. */
const immediateRestarts = 3;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;
const ignore = (): void => {};

/** Returns the pause before the next start in milliseconds, by the deaths in a row: 0 at first, then 1 s, 2 s, ... 30 s. */
export function restartPauseMs(deaths: number): number {
  if (deaths <= immediateRestarts) return 0;
  return Math.min(longestPauseMs, firstPauseMs * 2 ** (deaths - immediateRestarts - 1));
}

/**
 * A worker whose thread is replaced at once if it dies. If replacements die too, the worker goes down and starts again
 * only when `wake` is called after a pause, so a broken model causes no endless loop.
 */
export class RestartingWorker {
  readonly #launch: () => Promise<StartedThread>;
  readonly #events: WorkerEvents;
  readonly #log: Logger;
  #state: 'starting' | 'idle' | 'busy' | 'down' | 'closed' = 'starting';
  #thread: WorkerThread<InferenceOperations> | undefined;
  #starting: Promise<void> | undefined;
  #failure: Error | undefined;
  #deaths = 0;
  #restarts = 0;
  #retryAt = 0;

  constructor(launch: () => Promise<StartedThread>, events: WorkerEvents, log: Logger) {
    this.#launch = launch;
    this.#events = events;
    this.#log = log;
  }

  /** Starts the first thread. @throws SnapshelfError as `WorkerPool.open`. */
  open(): Promise<ProviderDecision> {
    const opening = this.#start();
    this.#starting = opening.then(ignore, ignore); // The caller gets the error; `close` only waits.
    return opening;
  }

  /** True if the worker can take a batch. */
  get idle(): boolean {
    return this.#state === 'idle';
  }

  /** Threads that were started after the first. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The reason why the worker is down and the least seconds until a retry, or undefined if it is not down. */
  get failure(): { readonly error: Error; readonly retryAfterSeconds: number } | undefined {
    if (this.#state !== 'down' || this.#failure === undefined) return undefined;
    const retryAfterSeconds = Math.max(1, Math.ceil((this.#retryAt - performance.now()) / 1000));
    return { error: this.#failure, retryAfterSeconds };
  }

  /** Starts again if the worker is down and its pause is over. */
  wake(): void {
    if (this.#state === 'down' && performance.now() >= this.#retryAt) this.#restart();
  }

  /**
   * Runs one batch.
   * @param pixels `uint8[count,H,W,3]`; moved to the thread, so unusable afterwards
   * @throws SnapshelfError `inference-failed`, `model-invalid`, `worker-died`.
   * @throws TypeError if the worker is not idle.
   */
  async run(pixels: Uint8Array<ArrayBuffer>, count: number): Promise<BatchResult> {
    const thread = this.#thread;
    if (thread === undefined || !this.idle)
      throw new TypeError('A worker that is not idle cannot run a batch.');
    this.#state = 'busy';
    try {
      const result = await thread.call('run', [pixels, count], { transfer: [pixels.buffer] });
      this.#deaths = 0;
      return result;
    } finally {
      if (this.#state === 'busy' && thread === this.#thread && thread.alive) this.#becomeIdle();
    }
  }

  /** Ends the thread after the batch that it runs, also a thread that is still starting. */
  async close(): Promise<void> {
    this.#state = 'closed';
    await this.#starting;
    await this.#thread?.close();
  }

  async #start(): Promise<ProviderDecision> {
    const { thread, ready } = await this.#launch();
    this.#thread = thread;
    void thread.ended.then((error) => this.#died(error));
    if (this.#state !== 'closed') this.#becomeIdle();
    return ready;
  }

  #becomeIdle(): void {
    this.#state = 'idle';
    this.#events.idle();
  }

  #died(error: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'down';
    this.#failure = error;
    this.#deaths += 1;
    const pauseMs = restartPauseMs(this.#deaths);
    this.#retryAt = performance.now() + pauseMs;
    this.#log.error('an embedding worker died', { error: error.message, deaths: this.#deaths, pauseMs });
    if (pauseMs === 0) this.#restart();
    else this.#events.down();
  }

  #restart(): void {
    this.#state = 'starting';
    this.#restarts += 1;
    this.#starting = this.#start().then(ignore, (error: Error) => this.#died(error));
  }
}
