import type pg from 'pg';
import type { Logger } from '../../log.ts';
import type { Address } from './postgres-address.ts';

/** A connection within a transaction. */
export type Client = pg.PoolClient;

const connectMs = 3000;
/** Milliseconds after which a process that stands still amid a transaction loses it: others wait for its locks. */
const idleMs = 15_000;
const int8 = 20;

/** Makes the connections to one of the servers of an address. */
export function poolOf(
  client: typeof pg,
  address: Address,
  { host, port }: Address['hosts'][number],
  log: Logger,
): pg.Pool {
  const { user, password, database, ssl, schema, poolSize, statementTimeoutMs } = address;
  const { types } = client;
  const pool = new client.Pool({
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
    options: `-c search_path=${schema},public,extensions -c jit=off -c idle_in_transaction_session_timeout=${idleMs}`,
    types: {
      getTypeParser: ((oid: number, format: 'text') =>
        oid === int8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
  });
  // One that is in use tells its statement; without this listener it would end the process besides.
  pool.on('connect', (one) => one.on('error', () => {}));
  pool.on('error', (error) => {
    log.warn('a connection to the Postgres server was lost', { error: String(error) });
  });
  return pool;
}
