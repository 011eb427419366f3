import type pg from 'pg';
import type { Logger } from '../../log.ts';
import { asConnectError, isCrowded, isLost, unavailable } from './failures.ts';
import { clientOf, connectMs, poolOf } from './pools.ts';
import type { Address } from './postgres-address.ts';

const takesWrites = "SELECT current_setting('transaction_read_only') = 'off' AS writes";

/** The server that takes writes: of several the one that does now. */
export class WriteServer {
  readonly #pg: typeof pg;
  readonly #address: Address;
  readonly #log: Logger;
  #pool: Promise<pg.Pool> | undefined;
  #probing: Promise<void> | undefined;

  constructor(client: typeof pg, address: Address, log: Logger) {
    this.#pg = client;
    this.#address = address;
    this.#log = log;
  }

  /** Returns the connections to it, and looks for it if it is not known. @throws SnapshelfError `engine-unavailable`. */
  pool(): Promise<pg.Pool> {
    this.#pool ??= this.#find();
    return this.#pool;
  }

  /** Takes note of what went wrong on connections of `pool`: the next call may have to look for another server. */
  note(pool: Promise<pg.Pool>, error: unknown): void {
    if (isLost(error)) this.#lose(pool);
    else if (isCrowded(error)) this.#probe(pool);
  }

  /** Lets statements finish, and closes all connections. */
  async close(): Promise<void> {
    await (await this.#pool?.catch(() => undefined))?.end();
  }

  /** Lets go of a server that is gone. */
  #lose(pool: Promise<pg.Pool>): void {
    if (this.#pool !== pool) return;
    this.#pool = undefined;
    pool.then((one) => one.end()).catch(() => {});
  }

  /** Looks whether a server whose connections are all in use is there at all: one that is cut off leaves them so. */
  #probe(pool: Promise<pg.Pool>): void {
    const look = async (): Promise<void> => {
      const client = clientOf(this.#pg, this.#address, (await pool).options, connectMs);
      try {
        await client.connect();
        await client.query(takesWrites);
      } catch (error) {
        if (isLost(error)) this.#lose(pool);
      } finally {
        void client.end().catch(() => {});
      }
    };
    this.#probing ??= look()
      .catch(() => {})
      .finally(() => {
        this.#probing = undefined;
      });
  }

  async #find(): Promise<pg.Pool> {
    let failure: unknown;
    for (const host of this.#address.hosts) {
      const pool = poolOf(this.#pg, this.#address, host, this.#log);
      try {
        const { rows } = await pool.query<{ writes: boolean }>(takesWrites);
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
    throw asConnectError(failure);
  }
}
