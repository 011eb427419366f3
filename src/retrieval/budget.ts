import { setMaxListeners } from 'node:events';

interface Waiting {
  readonly amount: number;
  readonly go: () => void;
}

/**
 * Lets work wait until what it needs (bytes, turns) fits into a budget; first come, first served. Work that needs more
 * than there is at all waits until it is alone.
 */
export class Budget {
  readonly #total: number;
  readonly #waiting: Waiting[] = [];
  #free: number;

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /** Runs `work` when `amount` is free. Rejects with the signal's reason when it aborts before that. */
  async run<T>(amount: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const needed = Math.min(amount, this.#total);
    await this.#take(needed, signal);
    try {
      return await work();
    } finally {
      this.#free += needed;
      this.#admit();
    }
  }

  #take(amount: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
        this.#admit();
      };
      const go = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const waiting: Waiting = { amount, go };
      // One signal for many pictures is no leak.
      if (signal !== undefined) setMaxListeners(0, signal);
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#admit();
    });
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first !== undefined && first.amount <= this.#free; ) {
      this.#waiting.shift();
      this.#free -= first.amount;
      first.go();
      first = this.#waiting[0];
    }
  }
}
