import { SnapshelfError } from '../errors.ts';
import { Lanes } from './lanes.ts';

/** Time as the batcher sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** Calls back after `ms` milliseconds, unless the function that it returns is called before. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** What a `MicroBatcher` works with. */
export interface MicroBatcherOptions<T> {
  /** Items in one batch at most, 1 or more. */
  readonly maxBatch: number;
  /** How long an idle worker waits for a batch to fill, in milliseconds; 0 starts at once. */
  readonly maxWaitMs: number;
  /** Places for items that wait, 1 or more. */
  readonly maxQueue: number;
  /** Whether a worker could take a batch now. */
  readonly idle: () => boolean;
  /** Hands a batch to an idle worker, which is busy when this returns. Must not throw. */
  readonly dispatch: (batch: readonly T[]) => void;
  /** Seconds until a place may be free again, for the `queue-full` error. */
  readonly retryAfterSeconds: (waiting: number) => number;
  readonly clock: Clock;
}

/** A place in the queue, taken before its item exists, so that the bound also counts what is still being decoded. */
export interface Place<T> {
  /** Puts the item into the place: from now on it can become part of a batch. Without effect after `leave`. */
  submit(item: T): void;
  /** Frees the place. Without effect once the item was dispatched. */
  leave(): void;
}

interface Entry<T> {
  readonly item: T;
  readonly since: number;
}

/**
 * Groups items that arrive one by one into batches: first come, first served, but what is in the background last; at
 * once when a worker is idle, otherwise all that gathered (up to `maxBatch`) when one becomes so. Pure queueing: no
 * threads, no models.
 */
export class MicroBatcher<T> {
  readonly #options: MicroBatcherOptions<T>;
  readonly #ready = new Lanes<Entry<T>>();
  #reserved = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: MicroBatcherOptions<T>) {
    this.#options = options;
  }

  /** Places taken: items that wait, and places whose item is still to come. */
  get waiting(): number {
    return this.#reserved + this.#ready.size;
  }

  /**
   * Takes a place; what is in the background lets all others pass.
   * @throws SnapshelfError `queue-full`, with `details.retryAfterSeconds`, when every place is taken.
   */
  admit(background = false): Place<T> {
    const { maxQueue, retryAfterSeconds } = this.#options;
    if (this.waiting >= maxQueue) {
      const details = { maxQueue, retryAfterSeconds: retryAfterSeconds(this.waiting) };
      const message = `All ${maxQueue} places for waiting images are taken; try again in ${details.retryAfterSeconds} s.`;
      throw new SnapshelfError('queue-full', message, { details });
    }
    this.#reserved += 1;
    return this.#place(background);
  }

  #place(background: boolean): Place<T> {
    let entry: Entry<T> | undefined;
    let reserved = true;
    const giveUpReservation = (): boolean => {
      const was = reserved;
      if (was) this.#reserved -= 1;
      reserved = false;
      return was;
    };
    return {
      submit: (item) => {
        if (!giveUpReservation()) return;
        entry = { item, since: this.#options.clock.now() };
        this.#ready.add(entry, background);
        this.pump();
      },
      leave: () => {
        if (!giveUpReservation() && entry !== undefined && this.#ready.delete(entry)) this.pump();
      },
    };
  }

  /** Dispatches what can be dispatched. To be called whenever a worker becomes idle. */
  pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#ready.size > 0 && this.#options.idle()) {
      const wait = this.#remainingWait();
      if (wait > 0) {
        this.#cancelTimer = this.#options.clock.after(wait, () => this.pump());
        return;
      }
      this.#options.dispatch(this.#ready.take(this.#options.maxBatch).map(({ item }) => item));
    }
  }

  /** How long the first item may still wait for others, in milliseconds. */
  #remainingWait(): number {
    const { maxBatch, maxWaitMs, clock } = this.#options;
    const first = this.#ready.first();
    if (first === undefined || this.#ready.size >= maxBatch) return 0;
    return first.since + maxWaitMs - clock.now();
  }
}
