import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeAtomically } from '../../files/index.ts';
import { withChecksum, withoutChecksum } from '../../json/index.ts';
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
  /** The collection that the request was about; empty in the layout of earlier versions. */
  readonly collection: string;
  readonly at: number;
  readonly bytes: number;
}

/** Milliseconds that an answer is kept. */
const keptMs = 24 * 60 * 60 * 1000;
/** Least milliseconds between two tries to remove answers. */
const leastSweepMs = 60_000;

/**
 * The answers of requests with an `Idempotency-Key`, a file each in the data folder, in a folder for each collection, so that
 * they survive a restart. None is dropped before its time, but with its collection: where there is no room, a further key is refused.
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
      const text = await readFile(this.#path(name), 'utf8');
      const answer = keptAnswerSchema.parse(withoutChecksum(JSON.parse(text)));
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

  /** Keeps an answer about a collection. It is on disk when this resolves. @throws SnapshelfError `disk-full`, `not-writable`. */
  async put(collection: string, name: string, answer: Omit<KeptAnswer, 'at'>): Promise<void> {
    await this.#list();
    const at = this.#now();
    const text = JSON.stringify(withChecksum<KeptAnswer>({ at, ...answer }));
    await makeFolder(join(this.#folder, collection));
    await writeAtomically(pathOf(this.#folder, collection, name), text);
    this.#add(name, { collection, at, bytes: Buffer.byteLength(text) });
    this.#sweepLater();
  }

  /** Removes the answers about a collection: it is gone, and a later one of its name has nothing of what they say. */
  async forget(collection: string): Promise<void> {
    await this.#list();
    for (const [name, size] of this.#sizes) if (size.collection === collection) await this.#remove(name);
    await forgetAnswers(this.#folder, collection);
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
    return pathOf(this.#folder, this.#sizes.get(name)?.collection ?? '', name);
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
    const path = this.#path(name);
    this.#bytes -= this.#sizes.get(name)?.bytes ?? 0;
    this.#sizes.delete(name);
    await rm(path, { force: true });
  }

  /** Lists the files that an earlier process left, once. */
  #list(): Promise<void> {
    this.#listed ??= this.#readFolder();
    return this.#listed;
  }

  async #readFolder(): Promise<void> {
    const entries = await readdir(this.#folder, { withFileTypes: true }).catch(() => []);
    const collections = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    const found: (readonly [string, Size])[] = [];
    for (const collection of ['', ...collections]) found.push(...(await sizesIn(this.#folder, collection)));
    for (const [name, size] of found.sort(([, a], [, b]) => a.at - b.at)) this.#add(name, size);
  }
}

const pathOf = (folder: string, collection: string, name: string): string =>
  join(folder, collection, `${name}.json`);

/** Lists the answers about a collection. */
async function sizesIn(folder: string, collection: string): Promise<(readonly [string, Size])[]> {
  const files = await readdir(join(folder, collection)).catch(() => []);
  const names = files.filter((file) => /^[0-9a-f]{64}\.json$/.test(file)).map((file) => file.slice(0, -5));
  return Promise.all(
    names.map(async (name) => {
      const { mtimeMs, size } = await stat(pathOf(folder, collection, name));
      return [name, { collection, at: mtimeMs, bytes: size }] as const;
    }),
  );
}

/** Removes the files of the answers about a collection. @param folder that of all answers */
export const forgetAnswers = (folder: string, collection: string): Promise<void> =>
  rm(join(folder, collection), { recursive: true, force: true });
