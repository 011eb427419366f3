import {
  type FieldType,
  fieldTypeMismatch,
  fieldTypeOf,
  type Json,
  type WidenedField,
} from '../../engine/index.ts';
import type { Client } from './connection.ts';
import { storedFields, storedText } from './filter-sql.ts';
import { type CollectionRow, fieldTypes, tablesOf } from './tables.ts';

type Metadata = Readonly<Record<string, Json>>;

/** Fields whose types a collection keeps, and characters of their keys. */
const maxFields = 1000;
const maxKey = 512;

/** The text of a value that is none: as JSON writes it. */
const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The types of a collection's fields within a transaction that writes items. */
export class Fields {
  readonly widened: WidenedField[] = [];
  readonly #client: Client;
  readonly #row: CollectionRow;
  readonly #isStrict: boolean;
  readonly #types: Map<string, FieldType>;
  readonly #changed = new Set<string>();

  private constructor(client: Client, row: CollectionRow, isStrict: boolean, types: Map<string, FieldType>) {
    this.#client = client;
    this.#row = row;
    this.#isStrict = isStrict;
    this.#types = types;
  }

  /** Reads the types. */
  static async read(client: Client, row: CollectionRow, isStrict: boolean): Promise<Fields> {
    return new Fields(client, row, isStrict, await fieldTypes(client, row));
  }

  /**
   * Returns an item's metadata as its fields' types want it. What is stored already in a field that becomes text is made text by `save`.
   * @throws SnapshelfError `field-type-mismatch` if it is strict.
   */
  conform(id: string, metadata: Metadata): Metadata {
    const entries = Object.entries(metadata);
    const conformed = entries.map(([key, value]) => [key, this.#conform(id, key, value)] as const);
    return conformed.every(([, value], i) => value === entries[i]?.[1])
      ? metadata
      : Object.fromEntries(conformed);
  }

  /** Returns metadata, that was conformed before, with the values of fields that have become text since as text. */
  settle(metadata: Metadata): Metadata {
    if (this.widened.length === 0) return metadata;
    return Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [
        key,
        this.widened.some(({ field }) => field === key) && fieldTypeOf(value) !== undefined
          ? textOf(value)
          : value,
      ]),
    );
  }

  /** Writes the types that are new, and makes text what is stored of fields that became text. */
  async save(): Promise<void> {
    const changed = [...this.#changed];
    if (changed.length === 0) return;
    await this.#client.query(
      `INSERT INTO fields SELECT $1, * FROM unnest($2::text[], $3::text[])
        ON CONFLICT (collection, name) DO UPDATE SET type = excluded.type`,
      [this.#row.number, changed, changed.map((key) => this.#types.get(key))],
    );
    for (const { field } of this.widened) await this.#makeText(field);
  }

  #conform(id: string, key: string, value: Json): Json {
    const given = fieldTypeOf(value);
    if (given === undefined) return value;
    const type = this.#types.get(key) ?? this.#learn(key, given);
    if (type === given) return value;
    if (this.#isStrict) throw fieldTypeMismatch(id, key, { type, given });
    if (type !== 'text') this.#widen(key, type);
    return textOf(value);
  }

  #learn(key: string, type: FieldType): FieldType {
    if (this.#types.size < maxFields && key.length <= maxKey) {
      this.#types.set(key, type);
      this.#changed.add(key);
    }
    return type;
  }

  #widen(field: string, from: FieldType): void {
    this.#types.set(field, 'text');
    this.#changed.add(field);
    this.widened.push({ field, from });
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
          Object.entries(before).map(([name, value]) => [name, name === key ? textOf(value) : value]),
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
