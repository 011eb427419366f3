import { SnapshelfError } from '../errors.ts';
import { type Priority, PriorityQueue } from '../threads/index.ts';

/** A source of time; tests use their own. */
export interface Clock {
  /** Returns the milliseconds since a fixed moment. */
  now(): number;
  /** Calls back after `ms` milliseconds, unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void;
}

/** The clock of the system. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Options and callbacks of a `MicroBatcher`. */
export interface MicroBatcherOptions<T> {
  /** Most items of one batch, 1 or more. */
  readonly maxBatch: number;
  /** Milliseconds that an idle worker waits for a batch to fill; 0 starts at once. */
  readonly maxWaitMs: number;
  /** Places for items that wait, 1 or more: so many for those in the foreground, and as many for all others. */
  readonly maxQueue: number;
  /** Returns true if a worker can take a batch now. */
  readonly idle: () => boolean;
  /** Hands a batch to an idle worker, which is busy when this returns. Must not throw. */
  readonly dispatch: (batch: readonly T[]) => void;
  /** Returns the seconds until a place may be free again, for the `queue-full` error. */
  readonly retryAfterSeconds: (waiting: number) => number;
  readonly clock: Clock;
}

/** A place in the queue. It is taken before its item exists, so that the bound also counts pictures that are being decoded. */
export interface Place<T> {
  /** Puts the item into the place, so that it can become part of a batch. Has no effect after `leave`. */
  submit(item: T): void;
  /** Frees the place. Has no effect once the item was dispatched. */
  leave(): void;
}

/** Milliseconds for which batches are small after an item of the foreground. */
const roomMs = 1000;

interface Entry<T> {
  readonly item: T;
  readonly since: number;
  /** Frees its place. */
  readonly free: () => void;
}

/** The places that an item may take: bulk work cannot fill those of people who wait. */
const kindOf = (priority: Priority): 'foreground' | 'others' =>
  priority === 'foreground' ? 'foreground' : 'others';

/**
 * Groups items that arrive one by one into batches: first come, first served within a priority. A batch starts at once if
 * a worker is idle; otherwise the items that have gathered (up to `maxBatch`) start when one becomes idle. A batch has items of
 * one priority, and while some come to the foreground those of others are small: nobody waits long for a batch that runs.
 * It only queues: it knows no threads and no models.
 */
export class MicroBatcher<T> {
  readonly #options: MicroBatcherOptions<T>;
  readonly #ready = new PriorityQueue<Entry<T>>();
  readonly #taken = { foreground: 0, others: 0 };
  #foregroundAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(options: MicroBatcherOptions<T>) {
    this.#options = options;
  }

  /** Number of taken places: items that wait, and places whose item is still to come. */
  get waiting(): number {
    return this.#taken.foreground + this.#taken.others;
  }

  /**
   * Takes a place.
   * @throws SnapshelfError `queue-full`, with `details.retryAfterSeconds`, if every place of its kind is taken.
   */
  admit(priority: Priority = 'foreground'): Place<T> {
    const { maxQueue, retryAfterSeconds } = this.#options;
    const kind = kindOf(priority);
    if (this.#taken[kind] >= maxQueue) {
      const details = { maxQueue, retryAfterSeconds: retryAfterSeconds(this.#taken[kind]) };
      const message = `All ${maxQueue} places for waiting images are taken. Try again in ${details.retryAfterSeconds} s.`;
      throw new SnapshelfError('queue-full', message, { details });
    }
    if (kind === 'foreground') this.#foregroundAt = this.#options.clock.now();
    this.#taken[kind] += 1;
    return this.#place(priority);
  }

  #place(priority: Priority): Place<T> {
    let entry: Entry<T> | undefined;
    let isOpen = true;
    const free = (): void => {
      this.#taken[kindOf(priority)] -= 1;
    };
    return {
      submit: (item) => {
        if (!isOpen) return;
        isOpen = false;
        entry = { item, since: this.#options.clock.now(), free };
        this.#ready.add(entry, priority);
        this.pump();
      },
      leave: () => {
        const hasWaited = entry !== undefined && this.#ready.delete(entry);
        if (isOpen || hasWaited) free();
        isOpen = false;
        if (hasWaited) this.pump();
      },
    };
  }

  /** Dispatches all batches that can start. Call it whenever a worker becomes idle. */
  pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#ready.size > 0 && this.#options.idle()) {
      const wait = this.#remainingWait();
      if (wait > 0) {
        this.#cancelTimer = this.#options.clock.after(wait, () => this.pump());
        return;
      }
      const batch = this.#ready.take(this.#mostOfBatch());
      for (const { free } of batch) free();
      this.#options.dispatch(batch.map(({ item }) => item));
    }
  }

  #mostOfBatch(): number {
    const { maxBatch, clock } = this.#options;
    const isSearched = clock.now() - this.#foregroundAt < roomMs;
    return isSearched && this.#ready.priority !== 'foreground' ? Math.ceil(maxBatch / 4) : maxBatch;
  }

  /** Returns the milliseconds that the first item may still wait for others. */
  #remainingWait(): number {
    const { maxBatch, maxWaitMs, clock } = this.#options;
    const first = this.#ready.first();
    if (first === undefined || this.#ready.size >= maxBatch) return 0;
    return first.since + maxWaitMs - clock.now();
  }
}
