import type { Logger } from '../log.ts';
import type { ProviderDecision } from '../runtime/index.ts';
import type { BatchResult } from './protocol.ts';
import type { StartedThread, WorkerThread } from './worker-thread.ts';

/** What a slot tells its pool. */
export interface SlotEvents {
  /** The worker can take a batch. */
  readonly idle: () => void;
  /** The worker is gone and is not being replaced for now; see `failure`. */
  readonly down: () => void;
}

/** Deaths in a row, without a finished batch between them, after which replacing waits. */
const patience = 3;
const nothing = (): void => {};
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/** How long to wait before the next start, given the deaths in a row: 0 at first, then 1 s, 2 s, 4 s ... 30 s. */
export function pauseMs(deaths: number): number {
  return deaths <= patience ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (deaths - patience - 1));
}

/**
 * The place of one worker, kept filled: a thread that dies is replaced at once. When replacements die too, the slot
 * goes down and starts again only when it is woken after a pause, so a broken model costs no endless loop.
 */
export class WorkerSlot {
  readonly #launch: () => Promise<StartedThread>;
  readonly #events: SlotEvents;
  readonly #log: Logger;
  #state: 'starting' | 'idle' | 'busy' | 'down' | 'closed' = 'starting';
  #thread: WorkerThread | undefined;
  #starting: Promise<void> | undefined;
  #failure: Error | undefined;
  #deaths = 0;
  #restarts = 0;
  #retryAt = 0;

  constructor(launch: () => Promise<StartedThread>, events: SlotEvents, log: Logger) {
    this.#launch = launch;
    this.#events = events;
    this.#log = log;
  }

  /** Starts the first thread. @throws SnapshelfError as `WorkerThread.start`. */
  open(): Promise<ProviderDecision> {
    const opening = this.#start();
    this.#starting = opening.then(nothing, nothing); // whoever opens gets the error; close only waits
    return opening;
  }

  get idle(): boolean {
    return this.#state === 'idle';
  }

  /** How many threads were started after the first. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Why the slot is down, and for how many more seconds at least; `undefined` while it is not. */
  get failure(): { readonly error: Error; readonly retryAfterSeconds: number } | undefined {
    if (this.#state !== 'down' || this.#failure === undefined) return undefined;
    const retryAfterSeconds = Math.max(1, Math.ceil((this.#retryAt - performance.now()) / 1000));
    return { error: this.#failure, retryAfterSeconds };
  }

  /** Starts again when the slot is down and its pause is over. */
  wake(): void {
    if (this.#state === 'down' && performance.now() >= this.#retryAt) this.#restart();
  }

  /** Runs one batch on the idle thread; errors as `WorkerThread.run`. */
  async run(pixels: Uint8Array<ArrayBuffer>, count: number): Promise<BatchResult> {
    const thread = this.#thread;
    if (thread === undefined || !this.idle) throw new TypeError('run was called on a slot that is not idle');
    this.#state = 'busy';
    try {
      const result = await thread.run(pixels, count);
      this.#deaths = 0;
      return result;
    } finally {
      if (this.#state === 'busy' && thread === this.#thread && thread.alive) this.#becomeIdle();
    }
  }

  /** Ends the thread after what it runs, also one that is still starting. */
  async close(): Promise<void> {
    this.#state = 'closed';
    await this.#starting;
    await this.#thread?.close();
  }

  async #start(): Promise<ProviderDecision> {
    const { thread, decision } = await this.#launch();
    this.#thread = thread;
    void thread.ended.then((error) => this.#died(error));
    if (this.#state !== 'closed') this.#becomeIdle();
    return decision;
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
    const pause = pauseMs(this.#deaths);
    this.#retryAt = performance.now() + pause;
    this.#log.error('an embedding worker died', {
      error: error.message,
      deaths: this.#deaths,
      pauseMs: pause,
    });
    if (pause === 0) this.#restart();
    else this.#events.down();
  }

  #restart(): void {
    this.#state = 'starting';
    this.#restarts += 1;
    this.#starting = this.#start().then(nothing, (error: Error) => this.#died(error));
  }
}
