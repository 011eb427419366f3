import { setMaxListeners } from 'node:events';
import { checkNumber } from '../arguments.ts';
import { type Priority, PriorityQueue } from './priority-queue.ts';

interface Waiting {
  readonly weight: number;
  readonly enter: () => void;
}

/** Options of `Semaphore.run`. */
export interface SemaphoreOptions {
  /** Ends the wait; work that has begun is not concerned. */
  readonly signal?: AbortSignal | undefined;
  /** Default `foreground`. */
  readonly priority?: Priority | undefined;
}

/**
 * Lets work wait until what it needs (bytes, turns) is free: at most `capacity` at a time, first come, first served within
 * a priority. Work that needs more than there is at all waits until it is alone.
 */
export class Semaphore {
  readonly #capacity: number;
  readonly #waiting = new PriorityQueue<Waiting>();
  #free: number;

  /** @param capacity sum of the weights at a time, above 0; 1 makes a mutex */
  constructor(capacity: number) {
    checkNumber('capacity', capacity, { above: 0 });
    this.#capacity = capacity;
    this.#free = capacity;
  }

  /** Pieces of work that wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Runs `work` when `weight` is free.
   * @returns the result of `work`
   * @throws the signal's reason if it aborts before `work` has begun, which then never begins; the error of `work`.
   */
  async run<T>(weight: number, work: () => T | Promise<T>, options: SemaphoreOptions = {}): Promise<T> {
    options.signal?.throwIfAborted();
    const needed = Math.min(weight, this.#capacity);
    await this.#enter(needed, options);
    try {
      options.signal?.throwIfAborted();
      return await work();
    } finally {
      this.#free += needed;
      this.#admit();
    }
  }

  async #enter(weight: number, { signal, priority }: SemaphoreOptions): Promise<void> {
    if (this.#waiting.size === 0 && weight <= this.#free) {
      this.#free -= weight;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiting);
        reject(signal?.reason);
        this.#admit();
      };
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const waiting: Waiting = { weight, enter };
      this.#waiting.add(waiting, priority);
      if (signal === undefined) return;
      // One signal for many pieces of work is no leak.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #admit(): void {
    for (let next = this.#waiting.first(); next !== undefined && next.weight <= this.#free; ) {
      this.#waiting.delete(next);
      this.#free -= next.weight;
      next.enter();
      next = this.#waiting.first();
    }
  }
}
