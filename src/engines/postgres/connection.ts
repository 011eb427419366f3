import type pg from 'pg';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { loadClient } from '../load-client.ts';
import { asEngineError, isConflict, isLost, unavailable } from './failures.ts';
import type { Address } from './postgres-address.ts';

/** A connection within a transaction. */
export type Client = pg.PoolClient;

/** Options of a transaction that reads. */
export interface ReadOptions {
  /** An abort rejects with the signal's reason, and cancels the statement. */
  readonly signal?: AbortSignal | undefined;
}

const connectMs = 3000;
const tries = 5;
const int8 = 20;
/** Begins a transaction whose commit, once it is answered, is on disk; a server that waits for more does so. */
const begin = `BEGIN; SELECT set_config('synchronous_commit', 'on', true)
  WHERE current_setting('synchronous_commit') IN ('off', 'local')`;

/** The connections to the server that takes writes: of several servers the one that does now. */
export class Connection {
  readonly #pg: typeof pg;
  readonly #address: Address;
  readonly #log: Logger;
  #pool: Promise<pg.Pool> | undefined;
  #reads: pg.Pool | undefined;
  #isClosed = false;

  private constructor(client: typeof pg, address: Address, log: Logger) {
    this.#pg = client;
    this.#address = address;
    this.#log = log;
  }

  /** Loads the client. Connects with the first call. @throws SnapshelfError `engine-not-installed`. */
  static async open(address: Address, log: Logger): Promise<Connection> {
    const { default: client } = await loadClient('pg', () => import('pg'));
    return new Connection(client, address, log);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Reads in one transaction, of which all statements see the same. */
  async read<T>(work: (client: Client) => Promise<T>, { signal }: ReadOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    return this.#during(this.#address.replica !== undefined, async (client) => {
      const cancel = (): void => void this.#cancel(client);
      signal?.addEventListener('abort', cancel);
      try {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const answer = await work(client);
        await client.query('COMMIT');
        return answer;
      } catch (error) {
        throw signal?.aborted ? signal.reason : error;
      } finally {
        signal?.removeEventListener('abort', cancel);
      }
    });
  }

  /** Writes in one transaction, which is durable when it resolves. One that another was in the way of is done again. */
  async write<T>(work: (client: Client) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1)
      try {
        return await this.#during(false, async (client) => {
          await client.query(begin);
          const answer = await work(client);
          await commit(client);
          return answer;
        });
      } catch (error) {
        if (!isConflict(error) || attempt === tries) throw error;
      }
  }

  /** Works on a connection of the server that takes writes, in no transaction. Its settings and locks end with it. */
  async session<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = await (await this.#writePool()).connect();
    try {
      return await work(client);
    } finally {
      client.release(true);
    }
  }

  /** Milliseconds that the server for reads is behind; undefined if there is none, or it does not say. */
  async lagMs(): Promise<number | undefined> {
    if (this.#address.replica === undefined) return undefined;
    const sql = `SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
      ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) * 1000 END AS lag`;
    const lag = await this.read(
      async (client) => (await client.query<{ lag: string | null }>(sql)).rows[0]?.lag,
    );
    return lag === null || lag === undefined ? undefined : Number(lag);
  }

  /** Lets statements finish, and closes all connections. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const pool = await this.#pool?.catch(() => undefined);
    await Promise.all([pool?.end(), this.#reads?.end()]);
  }

  async #during<T>(isRead: boolean, work: (client: Client) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new SnapshelfError('closed', 'The engine was closed.');
    const pool = isRead ? this.#readPool() : this.#writePool();
    let client: Client | undefined;
    let failure: unknown;
    try {
      client = await (await pool).connect();
      const answer = await work(client);
      return answer;
    } catch (error) {
      failure = error;
      if (client !== undefined) await client.query('ROLLBACK').catch(() => {});
      if (isLost(error) && !isRead) this.#lose(pool);
      throw asEngineError(error);
    } finally {
      client?.release(failure !== undefined && isLost(failure));
    }
  }

  #writePool(): Promise<pg.Pool> {
    this.#pool ??= this.#findWritable();
    return this.#pool;
  }

  async #readPool(): Promise<pg.Pool> {
    this.#reads ??= this.#poolOf(this.#address.replica ?? { host: 'localhost', port: 5432 });
    return this.#reads;
  }

  /** Lets go of a server that is gone; the next call looks for one that takes writes. */
  #lose(pool: Promise<pg.Pool>): void {
    if (this.#pool !== pool) return;
    this.#pool = undefined;
    pool.then((one) => one.end()).catch(() => {});
  }

  async #findWritable(): Promise<pg.Pool> {
    let failure: unknown;
    for (const host of this.#address.hosts) {
      const pool = this.#poolOf(host);
      try {
        const sql = "SELECT current_setting('transaction_read_only') = 'off' AS writes";
        const { rows } = await pool.query<{ writes: boolean }>(sql);
        if (rows[0]?.writes === true) {
          this.#log.info('the engine writes to a Postgres server', { ...host });
          return pool;
        }
        failure ??= unavailable('The Postgres server takes no writes.');
      } catch (error) {
        // The first reason that is not only "no server there" says more.
        if (failure === undefined || isLost(failure)) failure = error;
      }
      void pool.end().catch(() => {});
    }
    this.#pool = undefined;
    throw asEngineError(failure);
  }

  #poolOf({ host, port }: { readonly host: string; readonly port: number }): pg.Pool {
    const { user, password, database, ssl, schema, poolSize, statementTimeoutMs } = this.#address;
    const types = this.#pg.types;
    const pool = new this.#pg.Pool({
      host,
      port,
      user,
      password,
      database,
      ssl,
      max: poolSize,
      connectionTimeoutMillis: connectMs,
      statement_timeout: statementTimeoutMs,
      application_name: 'snapshelf',
      keepAlive: true,
      options: `-c search_path=${schema},public,extensions -c jit=off`,
      types: {
        getTypeParser: ((oid: number, format: 'text') =>
          oid === int8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
      },
    });
    // One that is in use tells its statement; without this listener it would end the process besides.
    pool.on('connect', (client) => client.on('error', () => {}));
    pool.on('error', (error) => {
      this.#log.warn('a connection to the Postgres server was lost', { error: String(error) });
    });
    return pool;
  }

  async #cancel(client: Client): Promise<void> {
    const { processID } = client as unknown as { readonly processID: number | null };
    const pool = await (this.#address.replica === undefined ? this.#writePool() : this.#readPool());
    await pool.query('SELECT pg_cancel_backend($1)', [processID]).catch(() => {});
  }
}

/** Commits. A server that stops waiting for its replica only warns, and has committed by itself: that is no success. */
async function commit(client: Client): Promise<void> {
  let warning: string | undefined;
  const note = (notice: {
    readonly severity?: string | undefined;
    readonly message?: string | undefined;
  }): void => {
    if (notice.severity === 'WARNING') warning = notice.message;
  };
  client.on('notice', note);
  try {
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') throw unavailable('The Postgres server rolled a transaction back.');
    if (warning !== undefined)
      throw unavailable(`The Postgres server did not wait for its replica (${warning}).`);
  } finally {
    client.off('notice', note);
  }
}
