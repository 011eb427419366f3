import { HeldLease, isEngineAway, type RecordEntry, type Records } from '../../engine/index.ts';
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

/** The folder of all answers. */
const folder = 'idempotency';
/** Bytes of the largest answer that is read. */
const largest = 64 * 2 ** 20;

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
 * The answers of requests with an `Idempotency-Key`, a record each, in a folder for each collection, so that they survive a
 * restart, and are there for all servers of an engine. None is dropped before its time, but with its collection: where there is no room, a further key is refused.
 */
export class AnswerStore {
  readonly #records: Records;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #maxAnswers: number;
  readonly #maxBytes: number;
  /** The files by name, the oldest first. */
  readonly #sizes = new Map<string, Size>();
  #bytes = 0;
  #listed: Promise<void> | undefined;
  #listedAt = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(records: Records, options: AnswerStoreOptions = {}) {
    const { log = silentLogger, now = Date.now, maxAnswers = 10_000, maxBytes = 256 * 2 ** 20 } = options;
    this.#records = records;
    this.#log = log;
    this.#now = now;
    this.#maxAnswers = maxAnswers;
    this.#maxBytes = maxBytes;
  }

  /** Claims a name among the servers of an engine, so that one of them does its request; undefined while another does. */
  claim(name: string): Promise<HeldLease | undefined> {
    return HeldLease.take(this.#records, `answer ${name}`);
  }

  /** Returns the answer of a name, or undefined if none is kept. One that is damaged is none. @throws SnapshelfError `engine-unavailable`. */
  async get(name: string): Promise<KeptAnswer | undefined> {
    await this.#list();
    // Another server may have kept it meanwhile, or dropped the collection of one that was known here and kept the next.
    if (this.#records.areShared)
      for (const entry of await this.#records.list(folder, `${name}.json`)) this.#add(...sizeOf(entry));
    if (!this.#sizes.has(name)) return undefined;
    try {
      const found = await this.#records.read(this.#path(name), largest);
      if (found === undefined) return undefined;
      const answer = keptAnswerSchema.parse(withoutChecksum(JSON.parse(found.content.toString('utf8'))));
      return this.#isOver(answer.at) ? undefined : answer;
    } catch (error) {
      // Without knowing it the request would be done a second time.
      if (isEngineAway(error)) throw error;
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
    await this.#records.write(pathOf(collection, name), text);
    this.#add(name, { collection, at, bytes: Buffer.byteLength(text) });
    this.#sweepLater();
  }

  /** Removes the answers about a collection: it is gone, and a later one of its name has nothing of what they say. */
  async forget(collection: string): Promise<void> {
    await this.#list();
    for (const [name, size] of this.#sizes) if (size.collection === collection) await this.#remove(name);
    await forgetAnswers(this.#records, collection);
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
    return pathOf(this.#sizes.get(name)?.collection ?? '', name);
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
    await this.#records.remove(path);
  }

  /** Lists what an earlier process left, once; where other servers keep answers too, again from time to time. */
  #list(): Promise<void> {
    if (this.#records.areShared && this.#now() - this.#listedAt > leastSweepMs) this.#listed = undefined;
    this.#listed ??= this.#readFolder().catch((error: unknown) => {
      // The next request looks again.
      this.#listed = undefined;
      throw error;
    });
    return this.#listed;
  }

  async #readFolder(): Promise<void> {
    this.#listedAt = this.#now();
    const entries = await this.#records.list(folder);
    const found = entries.filter(({ path }) => /\/[0-9a-f]{64}\.json$/.test(path)).map(sizeOf);
    // Other servers have removed some.
    this.#sizes.clear();
    this.#bytes = 0;
    for (const [name, size] of found.sort(([, a], [, b]) => a.at - b.at)) this.#add(name, size);
  }
}

const pathOf = (collection: string, name: string): string =>
  `${folder}${collection === '' ? '' : `/${collection}`}/${name}.json`;

/** Returns the name of an answer, and its size. Those of earlier versions are in no folder of a collection. */
function sizeOf({ path, at, bytes }: RecordEntry): readonly [string, Size] {
  const parts = path.slice(folder.length + 1, -'.json'.length).split('/');
  return [parts.at(-1) ?? '', { collection: parts.length > 1 ? (parts[0] ?? '') : '', at, bytes }];
}

/** Removes the answers about a collection. */
export const forgetAnswers = (records: Records, collection: string): Promise<void> =>
  records.remove(`${folder}/${collection}`);
