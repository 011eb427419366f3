import type { CallContext, Sliced } from '../../threads/index.ts';

/** Work that is done when no request is left, and now and then beside requests that take long. It does not throw. */
export interface BackgroundWork {
  /** True if there is something to do. */
  isBehind(): boolean;
  /** Does a slice of it. Returns false if there is nothing to do before `wake` is called. */
  work(): boolean;
}

interface Task {
  readonly work: Sliced<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly request: string | undefined;
  slices: number;
}

/** Turns of requests to one slice of background work, which is several times as long as theirs. */
const turnsPerBackground = 8;
/** Milliseconds after which a turn ends, so that messages are let in however many requests take long. */
const turnMs = 4;
/** Slices up to which a request goes before those that take long. */
const fewSlices = 16;

/**
 * Shares one thread between requests and background work: a turn gives every request one slice, as far as there is time, and those
 * first that are new, then lets messages in. A request that waits for another thread has none.
 * Background work goes on when no request is left, and now and then beside those that take long.
 */
export class Scheduler {
  readonly #background: BackgroundWork;
  /** By the time of their last slice. */
  readonly #tasks = new Set<Task>();
  /** Those that wait for a promise. */
  readonly #waiting = new Set<Task>();
  #scheduled = false;
  #turnsWithoutBackground = 0;
  #stopped = false;
  #request: string | undefined;

  constructor(background: BackgroundWork) {
    this.#background = background;
  }

  /** The id of the HTTP request whose slice is being done, if any. */
  get request(): string | undefined {
    return this.#request;
  }

  /**
   * Runs the first slice of a request's work at once, the others in turns.
   * @returns the value that the work returns
   * @param call ends the work when it is cancelled
   * @throws the error of the work; the reason of the cancelling, after the work was ended.
   */
  run<T>(work: Sliced<T>, call?: CallContext): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const task: Task = {
        work,
        resolve: resolve as (value: unknown) => void,
        reject,
        request: call?.request,
        slices: 0,
      };
      if (!this.#step(task)) call?.onCancel((reason) => this.#cancel(task, reason));
      this.wake();
    });
  }

  /** Schedules a turn. Call it when there may be something to do. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  /** Ends background work for good. */
  stop(): void {
    this.#stopped = true;
  }

  #cancel(task: Task, reason: unknown): void {
    if (!this.#tasks.delete(task) && !this.#waiting.delete(task)) return;
    task.work.return(undefined);
    task.reject(reason);
  }

  #turn(): void {
    this.#scheduled = false;
    const hadTasks = this.#tasks.size > 0;
    this.#stepAll();
    this.#turnsWithoutBackground += 1;
    // Answers go out when the turn is over, so background work has a turn of its own.
    const isItsTurn = !hadTasks || this.#turnsWithoutBackground >= turnsPerBackground;
    const hasWorked = isItsTurn && this.#workInBackground();
    if (hadTasks || hasWorked) this.wake();
  }

  #workInBackground(): boolean {
    this.#turnsWithoutBackground = 0;
    if (this.#stopped || !this.#background.isBehind()) return false;
    return this.#background.work();
  }

  #stepAll(): void {
    const end = performance.now() + turnMs;
    const tasks = [...this.#tasks];
    const long = tasks.filter(({ slices }) => slices >= fewSlices);
    for (const task of tasks) if (task.slices < fewSlices) this.#step(task);
    for (const task of long) {
      this.#step(task);
      if (performance.now() > end) return;
    }
  }

  /** Does one slice. Returns true if the task has ended. */
  #step(task: Task): boolean {
    const { work, resolve, reject, request } = task;
    this.#request = request;
    this.#tasks.delete(task);
    task.slices += 1;
    try {
      const { done, value } = work.next();
      if (done === true) resolve(value);
      else if (value instanceof Promise) this.#wait(task, value);
      else this.#tasks.add(task);
      return done === true;
    } catch (error) {
      reject(error);
      return true;
    } finally {
      this.#request = undefined;
    }
  }

  /** Goes on with a task when the promise has ended, whose outcome is the task's own affair. */
  #wait(task: Task, promise: Promise<unknown>): void {
    this.#waiting.add(task);
    const goOn = (): void => {
      if (!this.#waiting.delete(task)) return;
      this.#tasks.add(task);
      this.wake();
    };
    promise.then(goOn, goOn);
  }
}
