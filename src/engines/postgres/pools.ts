import type pg from 'pg';
import type { Logger } from '../../log.ts';
import type { Address } from './postgres-address.ts';

/** A connection within a transaction. */
export type Client = pg.ClientBase;

/** One of the servers of an address. */
interface Host {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

/** Milliseconds within which a connection has to be made. */
export const connectMs = 3000;
/** Milliseconds after which a process that stands still amid a transaction loses it: others wait for its locks. */
const idleMs = 15_000;
/**
 * Milliseconds beyond the time of a statement after which a server that gives no answer is given up: it stands still, is cut off, or waits
 * for a replica that is gone.
 */
const graceMs = 5000;
const aliveMs = 10_000;
const int8 = 20;

/**
 * Returns a connection, which is yet to be made, to one of the servers of an address, beside those of its pool: all of these may be in use.
 * @param silentMs milliseconds after which a statement without an answer is given up. Default: never
 */
export function clientOf(client: typeof pg, address: Address, host: Host, silentMs?: number): pg.Client {
  const one = new client.Client({ ...settingsOf(client, address, host), query_timeout: silentMs });
  one.on('error', () => {});
  return one;
}

/** Makes the connections to one of the servers of an address. */
export function poolOf(client: typeof pg, address: Address, host: Host, log: Logger): pg.Pool {
  const pool = new client.Pool({
    ...settingsOf(client, address, host),
    max: address.poolSize,
    query_timeout: address.statementTimeoutMs + graceMs,
  });
  // One that is in use tells its statement; without this listener it would end the process besides.
  pool.on('connect', (one) => one.on('error', () => {}));
  pool.on('error', (error) => {
    log.warn('a connection to the Postgres server was lost', { error: String(error) });
  });
  return pool;
}

function settingsOf({ types }: typeof pg, address: Address, { host, port }: Host): pg.ClientConfig {
  const { user, password, database, ssl, schema, statementTimeoutMs } = address;
  return {
    host,
    port,
    user,
    password,
    database,
    ssl,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementTimeoutMs,
    application_name: 'snapshelf',
    keepAlive: true,
    keepAliveInitialDelayMillis: aliveMs,
    options: `-c search_path=${schema},public,extensions -c jit=off -c idle_in_transaction_session_timeout=${idleMs}`,
    types: {
      getTypeParser: ((oid: number, format: 'text') =>
        oid === int8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
  };
}
