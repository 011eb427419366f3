import { SnapshelfError } from '../../errors.ts';
import type { Client, Connection } from './connection.ts';
import { isLost } from './failures.ts';
import { rangeIndexesOfAll } from './range-indexes.ts';

/** Statements by the version that they bring the tables to. A further version is a further row. */
const migrations: readonly string[] = [
  `CREATE TABLE collections (
     number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE,
     space jsonb NOT NULL, replacement jsonb, store_images boolean NOT NULL, created_at text NOT NULL,
     cursor_key bytea NOT NULL, generations bigint NOT NULL DEFAULT 1, sequence bigint NOT NULL DEFAULT 0,
     items bigint NOT NULL DEFAULT 0, products bigint NOT NULL DEFAULT 0);
   CREATE TABLE fields (
     collection bigint NOT NULL REFERENCES collections ON DELETE CASCADE, name text COLLATE "C" NOT NULL,
     type text NOT NULL, PRIMARY KEY (collection, name));
   CREATE TABLE documents (
     collection bigint NOT NULL REFERENCES collections ON DELETE CASCADE, name text COLLATE "C" NOT NULL,
     content text NOT NULL, PRIMARY KEY (collection, name))`,
  rangeIndexesOfAll,
  // What servers share besides collections.
  `CREATE SEQUENCE IF NOT EXISTS changes;
   CREATE TABLE IF NOT EXISTS records (
     path text COLLATE "C" PRIMARY KEY, name text COLLATE "C" NOT NULL, content bytea NOT NULL, version bigint NOT NULL,
     changed_at timestamptz NOT NULL);
   CREATE INDEX IF NOT EXISTS records_name ON records (name);
   CREATE TABLE IF NOT EXISTS leases (name text COLLATE "C" PRIMARY KEY, fence bigint NOT NULL, until timestamptz NOT NULL);
   CREATE TABLE IF NOT EXISTS log_lines (
     log text NOT NULL, number bigint GENERATED ALWAYS AS IDENTITY, line text NOT NULL, PRIMARY KEY (log, number))`,
];

/**
 * Makes the tables that all collections share, or brings them to today's form. Who only reads makes none.
 * @throws SnapshelfError `collection-not-found` if there are none to read, `gallery-damaged`, `engine-not-installed`.
 */
export async function migrate(connection: Connection, schema: string, isReadOnly = false): Promise<void> {
  await connection.write(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock(5271009112)');
    const sql = 'SELECT to_regnamespace($1) IS NOT NULL AS schema, to_regclass($2) IS NOT NULL AS tables';
    const { rows } = await client.query<Record<'schema' | 'tables', boolean>>(sql, [
      schema,
      `${schema}.migrations`,
    ]);
    const hasTables = rows[0]?.tables === true;
    if (!hasTables && isReadOnly)
      throw new SnapshelfError(
        'collection-not-found',
        `The database of the engine has no collections in the schema ${schema}. Check the URL.`,
      );
    // Who was given one needs no right to make it.
    if (rows[0]?.schema !== true) await client.query(`CREATE SCHEMA ${schema}`);
    await requireExtension(client);
    if (!hasTables)
      await client.query('CREATE TABLE migrations (version int NOT NULL); INSERT INTO migrations VALUES (0)');
    const { rows: found } = await client.query<{ version: number }>('SELECT version FROM migrations');
    const version = found[0]?.version ?? 0;
    if (version > migrations.length)
      throw new SnapshelfError(
        'gallery-damaged',
        `The tables of the schema ${schema} are of a later version of Snapshelf (${version}). Update this one.`,
      );
    for (const statement of migrations.slice(version)) await client.query(statement);
    if (version < migrations.length)
      await client.query('UPDATE migrations SET version = $1', [migrations.length]);
  });
}

/** Makes the extension if the database has none, and checks its version. @throws SnapshelfError `engine-not-installed`. */
async function requireExtension(client: Client): Promise<void> {
  const version = (await extensionVersion(client)) ?? (await makeExtension(client));
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 0 || minor >= 8) return;
  throw new SnapshelfError(
    'engine-not-installed',
    `The extension vector (pgvector) of the Postgres database has the version ${version}. Install pgvector 0.8 or later there, and run: ALTER EXTENSION vector UPDATE.`,
  );
}

async function extensionVersion(client: Client): Promise<string | undefined> {
  const sql = "SELECT extversion AS version FROM pg_extension WHERE extname = 'vector'";
  return (await client.query<{ version: string }>(sql)).rows[0]?.version;
}

async function makeExtension(client: Client): Promise<string> {
  await client.query('CREATE EXTENSION vector WITH SCHEMA public').catch((cause: unknown) => {
    if (isLost(cause)) throw cause;
    throw new SnapshelfError(
      'engine-not-installed',
      'The Postgres server has no extension vector (pgvector), or this user may not make it. Install pgvector 0.8 or later there, and run: CREATE EXTENSION vector.',
      { cause },
    );
  });
  return (await extensionVersion(client)) ?? '';
}
