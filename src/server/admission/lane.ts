import type { SnapshelfError } from '../../errors.ts';
import { queueFull } from '../http/queue-full.ts';
import { ServiceTimes } from './service-times.ts';

/** Options of `Lane`. */
export interface LaneOptions {
  /** Pieces of work at a time, 1 or more. */
  readonly slots: number;
  /** Most milliseconds of waiting; 0: twice the median service time, within 50 to 1,000. */
  readonly maxWaitMs: number;
  /** Returns milliseconds that never go back. */
  readonly now?: (() => number) | undefined;
}

interface Waiting {
  readonly begin: () => void;
}

const leastWaitMs = 50;
const mostWaitMs = 1000;
/** Pieces of work after which their median means something. */
const leastCount = 10;

/**
 * A queue that is a time, not a number: work waits while a turn can be expected within the limit, and is refused at once
 * where it cannot. Nothing waits longer than the limit.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #now: () => number;
  readonly #times = new ServiceTimes();
  readonly #waiting = new Set<Waiting>();
  #running = 0;
  #coming = 0;
  #maxWaitMs = mostWaitMs;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Most milliseconds of waiting at present. */
  get maxWaitMs(): number {
    return this.#options.maxWaitMs || this.#maxWaitMs;
  }

  /** Pieces of work that wait for a turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Pieces of work under way. */
  get running(): number {
    return this.#running;
  }

  /** Milliseconds that a piece of work that is announced now would wait. */
  get expectedWaitMs(): number {
    return this.#waitBehind(this.#running + this.#coming + this.#waiting.size);
  }

  #waitBehind(ahead: number): number {
    const { slots } = this.#options;
    return ahead < slots ? 0 : ((ahead + 1 - slots) * this.#times.average) / slots;
  }

  /** @throws SnapshelfError `queue-full` if a further piece of work would wait too long. */
  check(): void {
    this.#refuseAfter(this.expectedWaitMs);
  }

  #refuseAfter(waitMs: number): void {
    if (waitMs > this.maxWaitMs) throw this.#refusal();
  }

  /**
   * Counts a piece of work that is on its way, so that no more are received than there will be turns for.
   * Whoever announces and does not come counts no longer than the limit of waiting.
   * @returns the function to call when it has come, or will not come
   * @throws SnapshelfError `queue-full` if it would wait too long.
   */
  announce(): () => void {
    this.check();
    this.#coming += 1;
    let isOver = false;
    const end = (): void => {
      clearTimeout(timer);
      if (!isOver) this.#coming -= 1;
      isOver = true;
    };
    const timer = setTimeout(end, this.maxWaitMs);
    return end;
  }

  /**
   * Waits for a turn.
   * @returns the function that ends the turn; its time is measured
   * @throws SnapshelfError `queue-full`, at once or when it has waited too long.
   * @throws unknown the signal's reason if it aborts before.
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    // What is still on its way is behind it.
    this.#refuseAfter(this.#waitBehind(this.#running + this.#waiting.size));
    if (this.#running < this.#options.slots) this.#running += 1;
    else await this.#wait(signal);
    const begun = this.#now();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#record(this.#now() - begun);
      this.#next();
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown): void => {
        this.#waiting.delete(waiting);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        reject(reason);
      };
      const abort = (): void => leave(signal?.reason);
      const timer = setTimeout(() => leave(this.#refusal()), this.maxWaitMs);
      const begin = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const waiting: Waiting = { begin };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Hands the turn that has ended to the first that waits. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(first);
    first.begin();
  }

  #record(ms: number): void {
    this.#times.record(ms);
    if (this.#times.count >= leastCount)
      this.#maxWaitMs = Math.min(Math.max(2 * this.#times.median(), leastWaitMs), mostWaitMs);
  }

  #refusal(): SnapshelfError {
    const seconds = Math.max(1, Math.ceil(this.expectedWaitMs / 1000));
    return queueFull(`The server has too much to do at present. Try again in ${seconds} s.`, seconds);
  }
}
