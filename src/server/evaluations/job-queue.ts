import { checkWhole } from '../../arguments.ts';

/** A job of a queue: the work that it does when its turn comes. */
export type QueuedWork = (signal: AbortSignal) => Promise<void>;

interface Running {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Runs jobs in the order in which they were added, a few at a time. Knows nothing of what they do. */
export class JobQueue {
  readonly #concurrency: number;
  readonly #waiting = new Map<string, QueuedWork>();
  readonly #running = new Map<string, Running>();
  #closed = false;

  /**
   * @param concurrency Jobs that run at a time, from 0.
   * @throws RangeError
   */
  constructor(concurrency: number) {
    checkWhole('concurrency', concurrency, { from: 0 });
    this.#concurrency = concurrency;
  }

  /** The number of jobs that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Adds a job. It begins at once if there is room, after all others otherwise.
   * @param work Must settle soon after its signal aborts. Report its errors in it: a rejection is ignored.
   */
  add(id: string, work: QueuedWork): void {
    this.#waiting.set(id, work);
    this.#startNext();
  }

  /** Removes a job: one that waits never begins, one that runs is aborted. Resolves when it has ended. */
  async remove(id: string): Promise<void> {
    this.#waiting.delete(id);
    const running = this.#running.get(id);
    running?.stop.abort();
    await running?.ended;
  }

  /** Aborts what runs and begins nothing more. Resolves when all jobs have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #startNext(): void {
    for (const [id, work] of this.#waiting) {
      if (this.#closed || this.#running.size >= this.#concurrency) return;
      this.#waiting.delete(id);
      this.#start(id, work);
    }
  }

  #start(id: string, work: QueuedWork): void {
    const stop = new AbortController();
    const ended = work(stop.signal)
      .catch(() => {})
      .finally(() => {
        this.#running.delete(id);
        this.#startNext();
      });
    this.#running.set(id, { stop, ended });
  }
}
