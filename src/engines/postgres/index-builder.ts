import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../log.ts';
import type { Client, Connection } from './connection.ts';
import { isOutOfRoom } from './failures.ts';
import type { ScanLimits } from './scan-limits.ts';
import { type CollectionRow, collectionRow, createIndex, indexOf, tablesOf } from './tables.ts';

/** Milliseconds without a write after which a build begins, and the longest that it waits for them. */
const defaultPauseMs = 2000;
const longestWaitMs = 600_000;
const retryMs = 10_000;
/** The most memory of the server that a build asks for; of more vectors the rest is built on disk. */
const maxMemory = 2 ** 30;

/** Returns true if searches of a collection compare with all vectors for want of an index. */
export const lacksIndex = ({ indexed, items, space }: CollectionRow, { collection }: ScanLimits): boolean =>
  !indexed && items * space.dimension > collection;

/**
 * Builds the indexes of collections that have become large without one, one after another, when writing to them pauses: all vectors at
 * once, on several cores, is many times faster than one by one. Of several servers the one that has the lock builds.
 */
export class IndexBuilder {
  readonly #connection: Connection;
  readonly #log: Logger;
  readonly #limits: ScanLimits;
  readonly #pauseMs: number;
  readonly #wanted = new Set<string>();
  readonly #closing = new AbortController();
  #run: Promise<void> | undefined;
  #building: Client | undefined;

  constructor(connection: Connection, log: Logger, limits: ScanLimits, pauseMs = defaultPauseMs) {
    this.#connection = connection;
    this.#log = log;
    this.#limits = limits;
    this.#pauseMs = pauseMs;
  }

  /** Takes a collection in, if it lacks its index once `added` items are in it. */
  look(row: CollectionRow, added = 0): void {
    if (this.#isClosing || !lacksIndex({ ...row, items: row.items + added }, this.#limits)) return;
    this.#wanted.add(row.name);
    this.#run ??= this.#work().finally(() => {
      this.#run = undefined;
    });
  }

  /** Begins what is still wanted, and leaves the builds to the Postgres server, which ends them by itself. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#building !== undefined) await leave(this.#building);
    await this.#run;
  }

  get #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  async #work(): Promise<void> {
    for (let name = first(this.#wanted); name !== undefined; name = first(this.#wanted)) {
      let isDone = false;
      try {
        const row = await this.#quiet(name);
        isDone = row === undefined || (await this.#build(row));
      } catch (error) {
        if (!this.#isClosing)
          this.#log.warn('an index was not built', { collection: name, error: String(error) });
        await this.#wait(retryMs);
      }
      this.#wanted.delete(name);
      // Another server builds it, or it failed: it is looked at again, after the others.
      if (!isDone && !this.#isClosing) this.#wanted.add(name);
    }
  }

  /** Waits until a collection is written to no more. Returns undefined if it needs no index. */
  async #quiet(name: string): Promise<CollectionRow | undefined> {
    const until = performance.now() + longestWaitMs;
    for (let before = await this.#read(name); before !== undefined; ) {
      await this.#wait(this.#pauseMs);
      const now = await this.#read(name);
      const isQuiet = now?.sequence === before.sequence || performance.now() > until || this.#isClosing;
      if (now === undefined || isQuiet) return now;
      before = now;
    }
    return undefined;
  }

  async #read(name: string): Promise<CollectionRow | undefined> {
    const row = await this.#connection.write((client) => collectionRow(client, name));
    return lacksIndex(row, this.#limits) ? row : undefined;
  }

  async #wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  /** Returns false if another server is at it. */
  #build(row: CollectionRow): Promise<boolean> {
    return this.#connection.session(async (client) => {
      if (!(await lock(client, row))) return false;
      const start = performance.now();
      await client.query('SET statement_timeout = 0');
      await client.query(
        "SELECT set_config('maintenance_work_mem', greatest($1::bigint, pg_size_bytes(current_setting('maintenance_work_mem'))) / 1024 || 'kB', false)",
        [Math.min(maxMemory, memoryOf(row))],
      );
      // One of a build that came to no end holds nothing.
      await client.query(`DROP INDEX IF EXISTS ${indexOf(row, row.space)}`);
      this.#building = client;
      try {
        const built = this.#create(client, row);
        if (this.#isClosing) await Promise.race([built, leave(client)]);
        await built;
      } catch (error) {
        if (!this.#isClosing) throw error;
        return true;
      } finally {
        this.#building = undefined;
      }
      this.#log.info('an index was built', { collection: row.name, ms: performance.now() - start });
      return true;
    });
  }

  async #create(client: Client, row: CollectionRow): Promise<void> {
    try {
      await createIndex(client, row, row.space, true);
    } catch (error) {
      // The server has no room for it in shared memory, as in a container: slower, with its own settings.
      if (this.#isClosing || !isOutOfRoom(error)) throw error;
      await client.query('RESET maintenance_work_mem');
      await client.query('SET max_parallel_maintenance_workers = 0');
      await client.query(`DROP INDEX IF EXISTS ${indexOf(row, row.space)}`);
      await createIndex(client, row, row.space, true);
    }
  }
}

const first = (names: ReadonlySet<string>): string | undefined => names.values().next().value;

/** Bytes of a graph of all vectors, with what pgvector keeps of each beside its numbers. */
const memoryOf = ({ items, space }: CollectionRow): number => items * (4 * space.dimension + 1000);

async function lock(client: Client, row: CollectionRow): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean; valid: boolean }>(
    "SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '.' || $1, 0)) AS locked",
    [tablesOf(row).vectors(row.space)],
  );
  if (rows[0]?.locked !== true) return false;
  const { indexed, space } = await collectionRow(client, row.name);
  return !indexed && space.generation === row.space.generation;
}

/** Lets go of a connection whose statement the server has begun: it ends it, and the lock with it. */
async function leave(client: Client): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: import('node:net').Socket } }).connection;
  await new Promise<void>((resolve) => stream.end(resolve));
  stream.destroy();
}
