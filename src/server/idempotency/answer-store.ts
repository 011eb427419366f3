import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../files/index.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { queueFull } from '../http/queue-full.ts';
import { type KeptAnswer, keptAnswerSchema } from './kept-answer.ts';

/** Options of `AnswerStore`. */
export interface AnswerStoreOptions {
  readonly log?: Logger | undefined;
  /** Returns milliseconds since 1970. Default: the clock. */
  readonly now?: (() => number) | undefined;
  /** Most answers that are kept. Default 10,000. */
  readonly maxAnswers?: number | undefined;
  /** Most bytes of all answers that are kept. Default 256 MiB. */
  readonly maxBytes?: number | undefined;
}

interface Size {
  readonly at: number;
  readonly bytes: number;
}

/** Milliseconds that an answer is kept. */
const keptMs = 24 * 60 * 60 * 1000;
/** Least milliseconds between two tries to remove answers. */
const leastSweepMs = 60_000;

/**
 * The answers of requests with an `Idempotency-Key`, a file each in the data folder, so that they survive a restart. None is
 * dropped before its time: where there is no room, a further key is refused.
 */
export class AnswerStore {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #maxAnswers: number;
  readonly #maxBytes: number;
  /** The files by name, the oldest first. */
  readonly #sizes = new Map<string, Size>();
  #bytes = 0;
  #listed: Promise<void> | undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(folder: string, options: AnswerStoreOptions = {}) {
    const { log = silentLogger, now = Date.now, maxAnswers = 10_000, maxBytes = 256 * 2 ** 20 } = options;
    this.#folder = folder;
    this.#log = log;
    this.#now = now;
    this.#maxAnswers = maxAnswers;
    this.#maxBytes = maxBytes;
  }

  /** Returns the answer of a name, or undefined if none is kept. One that cannot be read is none. */
  async get(name: string): Promise<KeptAnswer | undefined> {
    await this.#list();
    if (!this.#sizes.has(name)) return undefined;
    try {
      const answer = keptAnswerSchema.parse(JSON.parse(await readFile(this.#path(name), 'utf8')));
      return this.#isOver(answer.at) ? undefined : answer;
    } catch (error) {
      this.#log.warn('an answer that was kept for its Idempotency-Key cannot be read', { name, error });
      return undefined;
    }
  }

  /** Checks that a further answer can be kept. @throws SnapshelfError `queue-full`. */
  async requireRoom(): Promise<void> {
    await this.#removeOld();
    if (this.#sizes.size < this.#maxAnswers && this.#bytes < this.#maxBytes) return;
    throw queueFull(
      `The answers of ${this.#sizes.size} requests with an Idempotency-Key are kept, and there is no room for another. Try again later, or send the request without the key.`,
      60,
    );
  }

  /** Keeps an answer. It is on disk when this resolves. @throws SnapshelfError `disk-full`, `not-writable`. */
  async put(name: string, answer: Omit<KeptAnswer, 'at'>): Promise<void> {
    await this.#list();
    const at = this.#now();
    const text = JSON.stringify({ at, ...answer } satisfies KeptAnswer);
    await writeAtomically(this.#path(name), text);
    this.#add(name, { at, bytes: Buffer.byteLength(text) });
    this.#sweepLater();
  }

  /** Removes each answer when its time is over, whether or not another request comes. Its timer keeps no process alive. */
  async sweep(): Promise<void> {
    clearTimeout(this.#sweeper);
    this.#sweeper = undefined;
    try {
      await this.#removeOld();
    } catch (error) {
      this.#log.warn('answers that were kept for their Idempotency-Key cannot be removed', { error });
    }
    this.#sweepLater();
  }

  #sweepLater(): void {
    const [oldest] = this.#sizes.values();
    if (oldest === undefined || this.#sweeper !== undefined) return;
    const left = Math.max(oldest.at + keptMs + 1 - this.#now(), leastSweepMs);
    this.#sweeper = setTimeout(() => void this.sweep(), left).unref();
  }

  async #removeOld(): Promise<void> {
    await this.#list();
    for (const [name, { at }] of this.#sizes) {
      if (!this.#isOver(at)) break;
      await this.#remove(name);
    }
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`);
  }

  #isOver(at: number): boolean {
    return this.#now() - at > keptMs;
  }

  #add(name: string, size: Size): void {
    this.#bytes += size.bytes - (this.#sizes.get(name)?.bytes ?? 0);
    this.#sizes.delete(name);
    this.#sizes.set(name, size);
  }

  async #remove(name: string): Promise<void> {
    this.#bytes -= this.#sizes.get(name)?.bytes ?? 0;
    this.#sizes.delete(name);
    await rm(this.#path(name), { force: true });
  }

  /** Lists the files that an earlier process left, once. */
  #list(): Promise<void> {
    this.#listed ??= this.#readFolder();
    return this.#listed;
  }

  async #readFolder(): Promise<void> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) =>
      /^[0-9a-f]{64}\.json$/.test(name),
    );
    const found: (readonly [string, Size])[] = [];
    for (const name of names) {
      const { mtimeMs, size } = await stat(this.#path(name.slice(0, -5)));
      found.push([name.slice(0, -5), { at: mtimeMs, bytes: size }]);
    }
    for (const [name, size] of found.sort(([, a], [, b]) => a.at - b.at)) this.#add(name, size);
  }
}
