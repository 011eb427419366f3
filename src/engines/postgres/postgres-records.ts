import {
  checkRecordPath,
  type Lease,
  leaseLost,
  type RecordConditions,
  type RecordEntry,
  type RecordLog,
  type Records,
  recordChanged,
  type StoredRecord,
} from '../../engine/index.ts';
import type { Client, Connection } from './connection.ts';

/** Lines of a log that are kept, and those after which older ones are removed. */
const keptLines = 500_000;
const betweenRemovals = 1000;

interface EntryRow {
  readonly path: string;
  readonly bytes: number;
  readonly at: number;
  readonly version: number;
}

/** Checks, within a transaction, that a lease is still its holder's, and keeps it so until the end. @throws SnapshelfError `lease-lost`. */
export async function requireLease(client: Client, lease: Lease | undefined): Promise<void> {
  if (lease === undefined) return;
  const sql = 'SELECT 1 FROM leases WHERE name = $1 AND fence = $2 FOR SHARE';
  const { rowCount } = await client.query(sql, [lease.name, lease.fence]);
  if (rowCount === 0) throw leaseLost(lease.name);
}

/** The records of a Postgres engine, which all its servers share. Its clock is the one that leases go by. */
export class PostgresRecords implements Records {
  readonly areShared = true;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  placeOf(path: string): string {
    return `the record ${path} of the engine`;
  }

  async versionOf(path: string): Promise<string | undefined> {
    const sql = 'SELECT version FROM records WHERE path = $1';
    const [found] = await this.#rows<{ version: number }>(sql, [path]);
    return found === undefined ? undefined : String(found.version);
  }

  async read(path: string, maxBytes: number): Promise<StoredRecord | undefined> {
    const sql = `SELECT version, length(content) AS bytes, CASE WHEN length(content) <= $2 THEN content END AS content
      FROM records WHERE path = $1`;
    type Row = { version: number; bytes: number; content: Buffer | null };
    const [found] = await this.#rows<Row>(sql, [path, maxBytes]);
    if (found === undefined) return undefined;
    const { version, bytes, content } = found;
    if (content === null) throw new RangeError(`It has ${bytes} bytes; at most ${maxBytes} are read.`);
    return { content, version: String(version) };
  }

  async list(folder: string, name?: string): Promise<RecordEntry[]> {
    const sql = `SELECT path, length(content) AS bytes, version, extract(epoch FROM changed_at)::float8 * 1000 AS at
      FROM records WHERE path > $1 AND path < $2 ${name === undefined ? '' : 'AND name = $3'} ORDER BY path`;
    // What begins with "folder/" comes before "folder0", which is the next text.
    const range = [`${folder}/`, `${folder}0`];
    const rows = await this.#rows<EntryRow>(sql, name === undefined ? range : [...range, name]);
    return rows.map((row) => ({ ...row, version: String(row.version) }));
  }

  write(
    path: string,
    content: string | Uint8Array,
    { expected, lease }: RecordConditions = {},
  ): Promise<string> {
    checkRecordPath(path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const values = [path, name, Buffer.from(content)];
    return this.#connection.write(async (client) => {
      await requireLease(client, lease);
      const insert = `INSERT INTO records (path, name, content, version, changed_at)
        VALUES ($1, $2, $3, nextval('changes'), clock_timestamp())`;
      const update = `content = $3, version = nextval('changes'), changed_at = clock_timestamp()`;
      const onConflict = expected === null ? 'DO NOTHING' : `(path) DO UPDATE SET ${update}`;
      const { rows } = await (typeof expected === 'string'
        ? client.query<{ version: number }>(
            `UPDATE records SET name = $2, ${update} WHERE path = $1 AND version = $4 RETURNING version`,
            [...values, Number(expected)],
          )
        : client.query<{ version: number }>(`${insert} ON CONFLICT ${onConflict} RETURNING version`, values));
      if (rows[0] === undefined) throw recordChanged(this.placeOf(path));
      return String(rows[0].version);
    });
  }

  async remove(path: string): Promise<void> {
    const sql = 'DELETE FROM records WHERE path = $1 OR (path > $2 AND path < $3)';
    await this.#rows(sql, [path, `${path}/`, `${path}0`]);
  }

  async acquire(name: string, ms: number): Promise<Lease | undefined> {
    const sql = `INSERT INTO leases VALUES ($1, nextval('changes'), clock_timestamp() + $2 * interval '1 ms')
      ON CONFLICT (name) DO UPDATE SET fence = EXCLUDED.fence, until = EXCLUDED.until
      WHERE leases.until < clock_timestamp() RETURNING fence`;
    const [taken] = await this.#rows<{ fence: number }>(sql, [name, ms]);
    return taken && { name, fence: taken.fence };
  }

  async renew({ name, fence }: Lease, ms: number): Promise<boolean> {
    const sql = `UPDATE leases SET until = clock_timestamp() + $3 * interval '1 ms'
      WHERE name = $1 AND fence = $2 RETURNING fence`;
    return (await this.#rows(sql, [name, fence, ms])).length > 0;
  }

  async release({ name, fence }: Lease): Promise<void> {
    await this.#rows('DELETE FROM leases WHERE name = $1 AND fence = $2', [name, fence]);
  }

  openLog(name: string): RecordLog {
    return new PostgresLog(this.#connection, name);
  }

  /** Asks the server that takes writes: a replica may not have what another server has just written. */
  #rows<T extends object>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return this.#connection.write(async (client) => (await client.query<T>(sql, [...values])).rows);
  }
}

/** A log in rows of a table. */
class PostgresLog implements RecordLog {
  readonly #connection: Connection;
  readonly #name: string;
  #appended = 0;

  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  async append(lines: readonly string[]): Promise<void> {
    await this.#connection.write(async (client) => {
      await client.query('INSERT INTO log_lines (log, line) SELECT $1, unnest($2::text[])', [
        this.#name,
        lines,
      ]);
      this.#appended += lines.length;
      if (this.#appended < betweenRemovals) return;
      this.#appended = 0;
      await client.query(
        `DELETE FROM log_lines WHERE log = $1 AND number <=
          (SELECT max(number) FROM log_lines WHERE log = $1) - ${keptLines}`,
        [this.#name],
      );
    });
  }

  async *lines(): AsyncGenerator<string> {
    const sql =
      'SELECT number, line FROM log_lines WHERE log = $1 AND number > $2 ORDER BY number LIMIT 1000';
    for (let after = 0; ; ) {
      const { rows } = await this.#connection.write((client) =>
        client.query<{ number: number; line: string }>(sql, [this.#name, after]),
      );
      yield* rows.map(({ line }) => line);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.number;
    }
  }

  async close(): Promise<void> {}
}
