import { Lanes } from './lanes.ts';

/** Lets a bounded number of tasks run at a time, in the order they came, but those in the background last. */
export class Gate {
  readonly #waiting = new Lanes<() => void>();
  #free: number;

  /** @param width Tasks at a time, 1 or more. */
  constructor(width: number) {
    this.#free = width;
  }

  /** Runs `task` when its turn comes; when `signal` aborts before, rejects with its reason and never starts it. */
  async run<T>(task: () => Promise<T>, signal: AbortSignal, background = false): Promise<T> {
    await this.#enter(signal, background);
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal, background: boolean): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      this.#waiting.add(enter, background);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Hands the place to the next in line, or keeps it free. */
  #leave(): void {
    const [next] = this.#waiting.take(1);
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    next();
  }
}
