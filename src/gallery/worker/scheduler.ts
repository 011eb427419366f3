/** Work that may take long: every `next()` is a slice. */
export type Sliced<T> = Generator<void, T>;

/** What runs when there is nothing else to do, and now and then when there is. */
export interface Background {
  /** Whether there is something to do. */
  isBehind(): boolean;
  /** Does a slice of it. */
  work(): void;
}

interface Task {
  readonly id: number;
  readonly work: Sliced<unknown>;
  readonly settle: (outcome: Outcome) => void;
}

export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Turns of requests to one slice of background work, which is several times as long as theirs. */
const turnsPerBackground = 8;

/**
 * Shares one thread between requests and background work: a turn gives every request one slice, then lets messages in.
 * Background work goes on when no request is left, and now and then beside those that take long.
 */
export class Scheduler {
  readonly #background: Background;
  readonly #onBackgroundError: (error: unknown) => void;
  #tasks: Task[] = [];
  #scheduled = false;
  #turnsWithoutBackground = 0;
  #atEnd: (() => void) | undefined;
  /** After an error background work rests until the next request. */
  #resting = false;

  constructor(background: Background, onBackgroundError: (error: unknown) => void) {
    this.#background = background;
    this.#onBackgroundError = onBackgroundError;
  }

  /** Runs the work's first slice at once, the others in turns; `settle` is called once, unless it is cancelled. */
  start(id: number, work: Sliced<unknown>, settle: (outcome: Outcome) => void): void {
    const task = { id, work, settle };
    this.#resting = false;
    if (!this.#step(task)) this.#tasks.push(task);
    this.wake();
  }

  cancel(id: number): void {
    const task = this.#tasks.find((one) => one.id === id);
    this.#tasks = this.#tasks.filter((one) => one !== task);
    task?.work.return(undefined);
  }

  /** Tells that there may be something to do. */
  wake(): void {
    if (this.#scheduled) return;
    const isIdle = this.#tasks.length === 0 && this.#atEnd === undefined;
    if (isIdle && !this.#isBehind()) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  /** Ends background work for good, lets the requests finish, then calls back. */
  stop(then: () => void): void {
    this.#atEnd = then;
    this.wake();
  }

  #turn(): void {
    this.#scheduled = false;
    const running = this.#tasks;
    this.#tasks = [];
    for (const task of running) if (!this.#step(task)) this.#tasks.push(task);
    if (this.#atEnd !== undefined && this.#tasks.length === 0) {
      this.#atEnd();
      return;
    }
    this.#turnsWithoutBackground += 1;
    if (this.#tasks.length === 0 || this.#turnsWithoutBackground >= turnsPerBackground)
      this.#workInBackground();
    this.wake();
  }

  /** One slice; true when the task has ended. */
  #step({ work, settle }: Task): boolean {
    try {
      const { done, value } = work.next();
      if (done) settle({ value });
      return done === true;
    } catch (error) {
      settle({ error });
      return true;
    }
  }

  #isBehind(): boolean {
    try {
      return !this.#resting && this.#background.isBehind();
    } catch (error) {
      this.#rest(error);
      return false;
    }
  }

  #workInBackground(): void {
    this.#turnsWithoutBackground = 0;
    try {
      if (this.#atEnd === undefined && this.#isBehind()) this.#background.work();
    } catch (error) {
      this.#rest(error);
    }
  }

  #rest(error: unknown): void {
    this.#resting = true;
    this.#onBackgroundError(error);
  }
}
