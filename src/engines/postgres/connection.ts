import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { loadClient } from '../load-client.ts';
import { begin, commit } from './commit.ts';
import {
  asConnectError,
  asEngineError,
  asLastError,
  isConflict,
  isCrowded,
  isLost,
  isOvertaken,
} from './failures.ts';
import { type Client, clientOf, connectMs, poolOf } from './pools.ts';
import type { Address } from './postgres-address.ts';
import { WriteServer } from './write-server.ts';

export type { Client };

/** Options of a transaction that reads. */
export interface ReadOptions {
  /** True lets a replica answer, which may be behind. Default false: what was written is seen. */
  readonly mayLag?: boolean | undefined;
  /** An abort rejects with the signal's reason, and cancels the statement. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds for which a replica that was lost is left alone. */
const replicaPauseMs = 5000;
const tries = 5;

/** Does a transaction again that another one was in the way of, by what it locked or what it dropped. */
async function conflictFree<T>(work: () => Promise<T>, isPassing = isConflict): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || attempt === tries) throw asLastError(error);
    }
}

/** The connections to the server that takes writes, and to its replica. */
export class Connection {
  readonly #pg: typeof pg;
  readonly #address: Address;
  readonly #log: Logger;
  readonly #writes: WriteServer;
  #reads: pg.Pool | undefined;
  #replicaFrom = 0;
  #isClosed = false;

  private constructor(client: typeof pg, address: Address, log: Logger) {
    this.#pg = client;
    this.#address = address;
    this.#log = log;
    this.#writes = new WriteServer(client, address, log);
  }

  /** Loads the client. Connects with the first call. @throws SnapshelfError `engine-not-installed`. */
  static async open(address: Address, log: Logger): Promise<Connection> {
    const { default: client } = await loadClient('pg', () => import('pg'));
    return new Connection(client, address, log);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Reads in one transaction, of which all statements see the same; one that another was in the way of, such as the switch to another
   * model, is done again. Where the replica is gone, or does not know the collection yet, the
   * server that takes writes answers.
   * @throws SnapshelfError `engine-unavailable`, `disk-full`, `internal`, `closed`; what `work` throws.
   */
  async read<T>(work: (client: Client) => Promise<T>, options: ReadOptions = {}): Promise<T> {
    const { signal, mayLag = false } = options;
    signal?.throwIfAborted();
    if (mayLag && this.#address.replica !== undefined && performance.now() >= this.#replicaFrom)
      try {
        return await this.#readFrom(true, work, signal);
      } catch (error) {
        if (!this.#isOfReplica(error)) throw asLastError(error);
      }
    return conflictFree(() => this.#readFrom(false, work, signal), isOvertaken);
  }

  /** True for an error that the server that takes writes may not give. */
  #isOfReplica(error: unknown): boolean {
    if (isOvertaken(error)) return true;
    if (!(error instanceof SnapshelfError)) return false;
    if (error.code === 'collection-not-found') return true;
    if (error.code !== 'engine-unavailable') return false;
    if (!isLost(error.cause)) return isCrowded(error.cause);
    this.#replicaFrom = performance.now() + replicaPauseMs;
    this.#log.warn('the Postgres replica is gone: reads go to the server that takes writes', {
      error: String(error.cause),
    });
    return true;
  }

  #readFrom<T>(
    isReplica: boolean,
    work: (client: Client) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return this.#during(isReplica, async (client) => {
      let isDone = false;
      let cancelled: Promise<void> | undefined;
      const cancel = (): void => {
        cancelled = this.#cancel(client, isReplica, () => isDone).catch((error: unknown) => {
          if (isDone) return;
          // A server that stands still ends nothing: its answer is not waited for.
          if (!isReplica) this.#writes.note(this.#writes.pool(), error);
          void (client as pg.Client).end();
        });
      };
      signal?.addEventListener('abort', cancel);
      try {
        signal?.throwIfAborted();
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const answer = await work(client);
        await client.query('COMMIT');
        signal?.throwIfAborted();
        return answer;
      } catch (error) {
        throw signal?.aborted ? signal.reason : error;
      } finally {
        isDone = true;
        signal?.removeEventListener('abort', cancel);
        // Later it would end a statement of whoever has the connection next.
        await cancelled;
      }
    });
  }

  /** Writes in one transaction, which is durable when it resolves. One that another was in the way of is done again. */
  async write<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return conflictFree(() =>
      this.#during(false, async (client) => {
        await client.query(begin);
        const answer = await work(client);
        await commit(client);
        return answer;
      }),
    );
  }

  /** Works on a connection of the server that takes writes, in no transaction. Its settings and locks end with it. */
  async session<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = clientOf(this.#pg, this.#address, (await this.#writes.pool()).options);
    try {
      await client.connect();
      return await work(client);
    } finally {
      void client.end().catch(() => {});
    }
  }

  /**
   * Milliseconds that the replica is behind the server that takes writes; undefined if there is no replica, or nobody knows: it is gone,
   * or has replayed nothing since its start.
   */
  async lagMs(): Promise<number | undefined> {
    if (this.#address.replica === undefined) return undefined;
    const { rows } = await this.#during(false, (client) =>
      client.query<{ at: string }>('SELECT pg_current_wal_lsn()::text AS at'),
    );
    const sql = `SELECT CASE WHEN pg_last_wal_replay_lsn() >= $1::pg_lsn THEN 0
      ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) * 1000 END AS lag`;
    try {
      const answer = await this.#during(true, (client) =>
        client.query<{ lag: string | null }>(sql, [rows[0]?.at]),
      );
      const lag = answer.rows[0]?.lag;
      return lag === null || lag === undefined ? undefined : Number(lag);
    } catch (error) {
      if (this.#isOfReplica(error)) return undefined;
      throw error;
    }
  }

  /** Lets statements finish, and closes all connections. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([this.#writes.close(), this.#reads?.end()]);
  }

  async #during<T>(isRead: boolean, work: (client: Client) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new SnapshelfError('closed', 'The engine was closed.');
    const pool = isRead ? this.#readPool() : this.#writes.pool();
    let client: pg.PoolClient | undefined;
    let isGone = false;
    try {
      client = await (await pool).connect();
      const answer = await work(client);
      return answer;
    } catch (error) {
      isGone = isLost(error);
      if (!isRead) this.#writes.note(pool, error);
      if (client === undefined) throw asConnectError(error);
      if (!isGone) await client.query('ROLLBACK').catch(() => {});
      throw asEngineError(error);
    } finally {
      client?.release(isGone);
    }
  }

  async #readPool(): Promise<pg.Pool> {
    const { replica = { host: 'localhost', port: 5432 } } = this.#address;
    this.#reads ??= poolOf(this.#pg, this.#address, replica, this.#log);
    return this.#reads;
  }

  /** Ends what a connection is at, on one of its own: all others may be in use. */
  async #cancel(client: Client, isReplica: boolean, isDone: () => boolean): Promise<void> {
    const { processID } = client as unknown as { readonly processID: number | null };
    const { options } = await (isReplica ? this.#readPool() : this.#writes.pool());
    const other = clientOf(this.#pg, this.#address, options, connectMs);
    try {
      await other.connect();
      while (!isDone()) {
        await other.query('SELECT pg_cancel_backend($1)', [processID]);
        // Between two statements it ends none.
        await sleep(20);
      }
    } finally {
      await other.end().catch(() => {});
    }
  }
}
