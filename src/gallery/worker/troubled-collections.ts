import { type ErrorCode, SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';

/** A collection that does not open. */
interface Damaged {
  /** State of the file that did not open. */
  readonly stamp: string;
  /** Time of the next attempt, by `performance.now()`. */
  readonly until: number;
  readonly error: SnapshelfError;
}

/** A collection that another process keeps from being opened. */
interface Busy {
  /** Time of the next attempt, by `performance.now()`. */
  readonly until: number;
  readonly error: SnapshelfError;
}

/** Milliseconds after which a collection that did not open is tried again, where that may help. */
const retryDamagedMs = 10_000;
/** Errors that end when somebody makes room, or allows this user what it wants. */
const mayPassCodes: readonly ErrorCode[] = ['disk-full', 'not-writable', 'not-readable'];
/** Milliseconds after which a busy collection is tried again; trying blocks the thread for up to a second. */
const retryBusyMs = 2000;

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1;

/** The collections that do not open, with the reason: one of them does not keep the others from being served. */
export class TroubledCollections {
  readonly #options: { readonly readOnly: boolean; readonly log: Logger };
  readonly #damaged = new Map<string, Damaged>();
  readonly #busy = new Map<string, Busy>();

  constructor(options: { readonly readOnly: boolean; readonly log: Logger }) {
    this.#options = options;
  }

  get count(): number {
    return this.#damaged.size + this.#busy.size;
  }

  /** Lists the damaged ones by name. */
  damaged(): { readonly name: string; readonly error: SnapshelfError }[] {
    return [...this.#damaged].map(([name, { error }]) => ({ name, error })).sort(byName);
  }

  /** Returns the reason why a collection does not open; undefined if there is none. */
  problemOf(name: string): SnapshelfError | undefined {
    return this.#damaged.get(name)?.error ?? this.#busy.get(name)?.error;
  }

  /** True if a collection does not open because its files are damaged. */
  isDamaged(name: string): boolean {
    return this.#damaged.has(name);
  }

  /** The reason of one that another process keeps from being opened; undefined if there is none. */
  get busyError(): SnapshelfError | undefined {
    const [busy] = this.#busy.values();
    return busy?.error;
  }

  /** True if one is to be tried again. */
  get isDue(): boolean {
    const now = performance.now();
    return [...this.#damaged.values(), ...this.#busy.values()].some(({ until }) => now > until);
  }

  /** Forgets the trouble of a collection. */
  forget(name: string): void {
    this.#damaged.delete(name);
    this.#busy.delete(name);
  }

  /** Forgets those that are to be tried again. @param stampOf returns the state of a file; undefined if there is none */
  forgetDue(stampOf: (name: string) => string | undefined): void {
    const now = performance.now();
    for (const [name, { stamp, until }] of this.#damaged)
      if (stamp !== stampOf(name) || now > until) this.#damaged.delete(name);
    for (const [name, { until }] of this.#busy)
      if (stampOf(name) === undefined || now > until) this.#busy.delete(name);
  }

  /** Remembers why a collection does not open. */
  remember(name: string, stamp: string, cause: unknown): void {
    const now = performance.now();
    if (cause instanceof SnapshelfError && cause.code === 'gallery-locked') {
      this.#busy.set(name, { until: now + retryBusyMs, error: cause });
      return;
    }
    const error = damageOf(name, cause);
    // The writer beside a reader may have been changing the file just then; a full disk may have room again.
    const mayPass = this.#options.readOnly || mayPassCodes.includes(error.code);
    const until = mayPass ? now + retryDamagedMs : Number.POSITIVE_INFINITY;
    this.#damaged.set(name, { stamp, until, error });
    this.#options.log.error(`the collection ${name} cannot be served: ${error.message}`);
  }
}

/** Returns why a collection does not open. An error that nobody foresaw is damage too, and keeps its own as the cause. */
const damageOf = (name: string, cause: unknown): SnapshelfError =>
  cause instanceof SnapshelfError
    ? cause
    : new SnapshelfError('gallery-damaged', `The collection ${name} does not open (${String(cause)}).`, {
        cause,
      });
