import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Priority } from '../threads/index.ts';

/** Up to so many pixels a picture is small: one of a search, or of a shop. */
const smallPixels = 4_000_000;
/** Above so many pixels a picture is large: it takes seconds as AVIF or WebP. The photos of phones have less. */
export const largePixels = 16_000_000;

/** Milliseconds for which bulk work leaves room after somebody has waited for a picture. */
const roomMs = 10_000;

type Size = 'small' | 'medium' | 'large';

/** Tells whether a picture of so many pixels is small, medium or large. */
const sizeOf = (pixels: number): Size =>
  pixels <= smallPixels ? 'small' : pixels <= largePixels ? 'medium' : 'large';

const priorities: readonly Priority[] = ['foreground', 'middle', 'background'];
const sizes: readonly Size[] = ['small', 'medium', 'large'];

interface Waiting {
  readonly size: Size;
  readonly priority: Priority;
  readonly begin: () => void;
}

/** Options of a turn. */
export interface TurnOptions {
  /** Pixels of the picture, as its header says. */
  readonly pixels: number;
  /** Default `foreground`. */
  readonly priority?: Priority | undefined;
  /** Ends the wait; work that has begun is not concerned. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `DecodingTurns`. */
export interface DecodingTurnsOptions {
  /** Most turns at a time, 4 or more. */
  readonly width: number;
  /** Most turns at a time of bulk work, while nobody waits for a picture. */
  readonly bulkWidth: number;
  /** Returns milliseconds that never go back. */
  readonly now?: (() => number) | undefined;
}

/**
 * Lets pictures be decoded a few at a time. Searches pass single changes, and these pass bulk work; within a priority small
 * pictures pass larger ones, but one of each size always gets on. Large pictures take a quarter of the turns at most,
 * large and medium ones together all but one, and bulk work leaves room while somebody searches.
 */
export class DecodingTurns {
  readonly #options: DecodingTurnsOptions;
  readonly #now: () => number;
  readonly #waiting = new Map<string, Set<Waiting>>();
  readonly #running = { all: 0, small: 0, medium: 0, large: 0, bulk: 0 };
  #searchedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DecodingTurnsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    for (const priority of priorities)
      for (const size of sizes) this.#waiting.set(`${priority} ${size}`, new Set());
  }

  /**
   * Runs `decode` when it is its turn.
   * @throws unknown the error of `decode`; the signal's reason if it aborts before `decode` has begun.
   */
  async run<T>(
    decode: () => Promise<T>,
    { pixels, priority = 'foreground', signal }: TurnOptions,
  ): Promise<T> {
    signal?.throwIfAborted();
    const size = sizeOf(pixels);
    if (priority === 'foreground') this.#searchedAt = this.#now();
    await this.#enter(size, priority, signal);
    try {
      signal?.throwIfAborted();
      return await decode();
    } finally {
      this.#count(size, priority, -1);
      this.#admit();
    }
  }

  #enter(size: Size, priority: Priority, signal: AbortSignal | undefined): Promise<void> {
    const queue = this.#queueOf(priority, size);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        queue.delete(waiting);
        reject(signal?.reason);
      };
      const begin = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const waiting: Waiting = { size, priority, begin };
      queue.add(waiting);
      // One signal for many pictures is no leak.
      if (signal !== undefined) setMaxListeners(0, signal);
      signal?.addEventListener('abort', leave, { once: true });
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#queueOf(next.priority, next.size).delete(next);
      this.#count(next.size, next.priority, 1);
      next.begin();
    }
  }

  #next(): Waiting | undefined {
    for (const priority of priorities) {
      const possible = sizes.filter(
        (size) => this.#queueOf(priority, size).size > 0 && this.#hasRoom(size, priority),
      );
      // One of each size gets on, or a stream of small pictures would keep the others for ever.
      const size = possible.find((one) => one !== 'small' && this.#running[one] === 0) ?? possible[0];
      if (size === undefined) continue;
      const [first] = this.#queueOf(priority, size);
      return first;
    }
    return undefined;
  }

  #hasRoom(size: Size, priority: Priority): boolean {
    const { width, bulkWidth } = this.#options;
    const { all, medium, large, bulk } = this.#running;
    if (all >= width) return false;
    if (size !== 'small' && medium + large >= width - 1) return false;
    if (size === 'large' && large >= Math.max(1, width >> 2)) return false;
    if (priority !== 'background') return true;
    const isSearched = this.#now() - this.#searchedAt < roomMs;
    return bulk < (isSearched ? Math.min(bulkWidth, width - 2) : bulkWidth);
  }

  #count(size: Size, priority: Priority, by: 1 | -1): void {
    this.#running.all += by;
    this.#running[size] += by;
    if (priority === 'background') this.#running.bulk += by;
  }

  #queueOf(priority: Priority, size: Size): Set<Waiting> {
    return this.#waiting.get(`${priority} ${size}`) as Set<Waiting>;
  }
}

/** Threads of libuv, on which pictures are decoded; what has no thread waits where nothing could pass it. */
const threads = Number(process.env['UV_THREADPOOL_SIZE']) || 4;
const cores = availableParallelism();

/** Most pictures that are decoded at a time in this process, by imports and queries together. */
export const decodingWidth: number = Math.max(4, Math.min(cores + 2, threads));

const turns = new DecodingTurns({
  width: decodingWidth,
  bulkWidth: Math.max(2, Math.min(cores, decodingWidth)),
});

/**
 * Runs `decode` when it is its turn; see `DecodingTurns`.
 * @throws unknown the error of `decode`; the signal's reason if it aborts before `decode` has begun.
 */
export const inDecodingTurn = <T>(decode: () => Promise<T>, options: TurnOptions): Promise<T> =>
  turns.run(decode, options);
