import { type FieldType, type Json, textOfValue, WrittenFields } from '../../engine/index.ts';
import type { Client } from './connection.ts';
import { createRangeIndexes, dropRangeIndex } from './range-indexes.ts';
import { storedFields, storedText } from './stored-text.ts';
import { type CollectionRow, fieldTypes, tablesOf } from './tables.ts';

/** The types of a collection's fields within a transaction that writes items: `save` writes what has changed. */
export class Fields extends WrittenFields {
  readonly #client: Client;
  readonly #row: CollectionRow;

  private constructor(
    client: Client,
    row: CollectionRow,
    types: ReadonlyMap<string, FieldType>,
    isStrict: boolean,
  ) {
    super(types, isStrict);
    this.#client = client;
    this.#row = row;
  }

  /** Reads the types. */
  static async read(client: Client, row: CollectionRow, isStrict: boolean): Promise<Fields> {
    return new Fields(client, row, await fieldTypes(client, row), isStrict);
  }

  /** Writes the types that are new, and makes text what is stored of fields that became text. */
  async save(): Promise<void> {
    const changed = [...this.changed];
    if (changed.length === 0) return;
    await this.#client.query(
      `INSERT INTO fields SELECT $1, * FROM unnest($2::text[], $3::text[])
        ON CONFLICT (collection, name) DO UPDATE SET type = excluded.type`,
      [this.#row.number, changed, changed.map((key) => this.types.get(key))],
    );
    const table = { number: this.#row.number, items: tablesOf(this.#row).items };
    for (const { field } of this.widened) {
      await dropRangeIndex(this.#client, table, field);
      await this.#makeText(field);
    }
    const numbers = changed.filter((key) => this.types.get(key) === 'number');
    await createRangeIndexes(this.#client, table, numbers);
  }

  async #makeText(key: string): Promise<void> {
    const { items } = tablesOf(this.#row);
    for (let after = 0; ; ) {
      const { rows } = await this.#client.query<{ sequence: number; metadata: string }>(
        `SELECT sequence, metadata FROM ${items} WHERE sequence > $1
          AND jsonb_typeof(fields->$2::text) IN ('number', 'boolean', 'array') ORDER BY sequence LIMIT 500`,
        [after, storedText(key)],
      );
      for (const { sequence, metadata } of rows) {
        const before = JSON.parse(metadata) as Record<string, Json>;
        const changed = Object.fromEntries(
          Object.entries(before).map(([name, value]) => [name, name === key ? textOfValue(value) : value]),
        );
        await this.#client.query(`UPDATE ${items} SET metadata = $2, fields = $3 WHERE sequence = $1`, [
          sequence,
          JSON.stringify(changed),
          JSON.stringify(storedFields(changed)),
        ]);
        after = sequence;
      }
      if (rows.length < 500) return;
    }
  }
}
