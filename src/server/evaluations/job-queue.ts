import { checkWhole } from '../../arguments.ts';
import { Semaphore } from '../../threads/index.ts';

/** A job of a queue: the work that it does when its turn comes. */
export type QueuedWork = (signal: AbortSignal) => Promise<void>;

/** Runs jobs in the order in which they were added, a few at a time. Knows nothing of what they do. */
export class JobQueue {
  readonly #turns: Semaphore;
  readonly #jobs = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  #closed = false;

  /**
   * @param concurrency Jobs that run at a time, from 0.
   * @throws RangeError
   */
  constructor(concurrency: number) {
    checkWhole('concurrency', concurrency, { from: 0 });
    this.#turns = new Semaphore(Math.max(1, concurrency));
    // In a queue that runs nothing, the one turn is taken for good.
    if (concurrency === 0) void this.#turns.run(1, () => new Promise(() => {}));
  }

  /** The number of jobs that wait. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  /** True while a job waits or runs. */
  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  /**
   * Adds a job. It begins at once if there is room, after all others otherwise.
   * @param work Must settle soon after its signal aborts. Report its errors in it: a rejection is ignored.
   */
  add(id: string, work: QueuedWork): void {
    if (this.#closed) return;
    const stop = new AbortController();
    const { signal } = stop;
    const ended = this.#turns
      .run(1, () => work(signal), { signal })
      .catch(() => {})
      .finally(() => this.#jobs.delete(id));
    this.#jobs.set(id, { stop, ended });
  }

  /** Removes a job: one that waits never begins, one that runs is aborted. Resolves when it has ended. */
  async remove(id: string): Promise<void> {
    const job = this.#jobs.get(id);
    job?.stop.abort();
    await job?.ended;
  }

  /** Aborts what runs and begins nothing more. Resolves when all jobs have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#jobs.keys()].map((id) => this.remove(id)));
  }
}
