import { extname } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ProviderDecision } from '../runtime/index.ts';
import type { BatchResult, WorkerSetup } from './protocol.ts';
import { WorkerSlot } from './worker-slot.ts';
import { type StartedThread, WorkerThread } from './worker-thread.ts';

/** How a pool is opened. */
export interface WorkerPoolOptions {
  readonly setup: WorkerSetup;
  /** Threads with a session each, 1 or more. */
  readonly workers: number;
  /** A worker can take a batch. */
  readonly onIdle: () => void;
  /** No worker is left and none is being started; the error says why. */
  readonly onUnavailable: (error: SnapshelfError) => void;
  readonly log: Logger;
  /** The file that the threads run; tests bring others. */
  readonly script?: URL | undefined;
}

const workerScript = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

/** Worker threads that each hold one session of the same model. Those that die are replaced. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly WorkerSlot[];
  #decision: ProviderDecision | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const events = { idle: options.onIdle, down: () => this.#slotDown() };
    this.#slots = Array.from(
      { length: options.workers },
      () => new WorkerSlot(() => this.#launch(), events, options.log),
    );
  }

  /**
   * Starts the workers; the first one's choice of a provider holds for all. When one does not start, none is left.
   * @throws SnapshelfError as `WorkerThread.start`.
   */
  async open(): Promise<void> {
    const [first, ...others] = this.#slots;
    if (first === undefined) throw new RangeError('a pool needs 1 worker or more');
    try {
      this.#decision = await first.open();
      await Promise.all(others.map((slot) => slot.open()));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** What the workers run on. @throws TypeError before `open` has ended. */
  get decision(): ProviderDecision {
    if (this.#decision === undefined) throw new TypeError('the pool is not open');
    return this.#decision;
  }

  /** Whether `run` can be called. */
  get idle(): boolean {
    return this.#slots.some((slot) => slot.idle);
  }

  /** How many threads were started in place of dead ones. */
  get restarts(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.restarts, 0);
  }

  /**
   * Starts workers that are down and whose pause is over.
   * @returns why no worker can serve, or `undefined` when one can or is about to.
   */
  wake(): SnapshelfError | undefined {
    for (const slot of this.#slots) slot.wake();
    const [first, ...others] = this.#slots.map((slot) => slot.failure);
    if (first === undefined || others.includes(undefined)) return undefined;
    const { error, retryAfterSeconds } = first;
    const code = error instanceof SnapshelfError ? error.code : 'worker-died';
    const message = `No worker thread stays up to embed images; the last one: ${error.message}`;
    return new SnapshelfError(code, message, { cause: error, details: { retryAfterSeconds } });
  }

  /** Runs a batch on an idle worker; errors as `WorkerThread.run`. */
  async run(pixels: Uint8Array<ArrayBuffer>, count: number): Promise<BatchResult> {
    const slot = this.#slots.find((candidate) => candidate.idle);
    if (slot === undefined) throw new TypeError('run was called while no worker was idle');
    return slot.run(pixels, count);
  }

  /** Lets what runs finish and ends all threads. */
  async close(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #launch(): Promise<StartedThread> {
    const { setup, script = workerScript } = this.#options;
    return WorkerThread.start(script, { ...setup, provider: this.#decision?.provider ?? setup.provider });
  }

  #slotDown(): void {
    const error = this.wake();
    if (error !== undefined) this.#options.onUnavailable(error);
  }
}
