import type { CallContext } from '../../threads/index.ts';

/** Work that may take long: every `next()` is a slice. A promise that it yields is waited for, whatever becomes of it. */
export type Sliced<T> = Generator<unknown, T>;

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
}

/** Turns of requests to one slice of background work, which is several times as long as theirs. */
const turnsPerBackground = 8;

/**
 * Shares one thread between requests and background work: a turn gives every request one slice, then lets messages in.
 * Background work goes on when no request is left, and now and then beside those that take long.
 */
export class Scheduler {
  readonly #background: BackgroundWork;
  #tasks = new Set<Task>();
  /** Tasks that wait for a promise. */
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
      };
      const isOver = this.#step(task);
      if (!isOver) call?.onCancel((reason) => this.#cancel(task, reason));
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
    for (const task of [...this.#tasks]) this.#step(task);
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

  /** Does one slice, and puts the task where it waits for the next. Returns true if it has ended. */
  #step(task: Task): boolean {
    const { work, resolve, reject, request } = task;
    this.#tasks.delete(task);
    this.#request = request;
    try {
      const { done, value } = work.next();
      if (done) resolve(value);
      else if (value instanceof Promise) this.#waitFor(value, task);
      else this.#tasks.add(task);
      return done === true;
    } catch (error) {
      reject(error);
      return true;
    } finally {
      this.#request = undefined;
    }
  }

  #waitFor(promise: Promise<unknown>, task: Task): void {
    const goOn = (): void => {
      if (!this.#waiting.delete(task)) return;
      this.#tasks.add(task);
      this.wake();
    };
    this.#waiting.add(task);
    promise.then(goOn, goOn);
  }
}
