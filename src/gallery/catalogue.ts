import { bindingOf, decodeTextCursor, encodeTextCursor } from './cursor.ts';
import { type Database, damaged } from './database.ts';
import { type Condition, compileFilter } from './filter.ts';
import { type ItemRow, itemColumns, itemOf } from './item-row.ts';
import type { Space } from './settings.ts';
import { readState, type State } from './state.ts';
import type { Filter, Item, ItemPage, ListOptions, StoredImage } from './types.ts';
import { checkInteger, isImageType } from './validate.ts';
import { VectorTable } from './vector-table.ts';

/** An item's identity as a search needs it. */
export interface Identity {
  readonly label: number;
  readonly id: string;
  readonly productId: string;
}

/** Rows that a sliced walk looks at before it lets other work in. */
const window = 2000;
const everything: Condition = { sql: '(1)', values: [] };

/** Reads the truth about one collection, its SQLite file. What may take long is a generator that yields between slices. */
export class Catalogue {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  state(): State {
    return readState(this.#database);
  }

  vectors(space: Space): VectorTable {
    return new VectorTable(this.#database, space.generation, space.dimension);
  }

  get(id: string): Item | undefined {
    const row = this.#database.get<ItemRow>(`SELECT ${itemColumns} FROM items WHERE id = ?`, id);
    return row === undefined ? undefined : itemOf(row);
  }

  /** Throws `gallery-damaged` for a media type that no write would have stored. */
  image(label: number): StoredImage | undefined {
    const image = this.#database.get<{ bytes: Uint8Array<ArrayBuffer>; mediaType: string }>(
      `SELECT bytes, image_type AS mediaType FROM images JOIN items USING (label) WHERE label = ?`,
      label,
    );
    if (image !== undefined && !isImageType(image.mediaType))
      throw damaged(this.#database.file, `a picture has the media type ${JSON.stringify(image.mediaType)}`);
    return image;
  }

  thumbnail(label: number): Uint8Array<ArrayBuffer> | undefined {
    const sql = 'SELECT bytes FROM thumbnails WHERE label = ?';
    return this.#database.get<{ bytes: Uint8Array<ArrayBuffer> }>(sql, label)?.bytes;
  }

  /** Those of the labels that exist. */
  identities(labels: readonly number[]): Identity[] {
    const sql = `SELECT label, id, product_id AS productId FROM items
      WHERE label IN (SELECT value FROM json_each(?))`;
    return this.#database.all<Identity>(sql, JSON.stringify(labels));
  }

  items(labels: readonly number[]): Map<number, Item> {
    const sql = `SELECT ${itemColumns} FROM items WHERE label IN (SELECT value FROM json_each(?))`;
    const rows = this.#database.all<ItemRow>(sql, JSON.stringify(labels));
    return new Map(rows.map((row) => [row.label, itemOf(row)]));
  }

  /** Image hashes of those of the ids that exist. */
  hashes(ids: readonly string[]): Map<string, string> {
    const sql = 'SELECT id, image_hash AS hash FROM items WHERE id IN (SELECT value FROM json_each(?))';
    const rows = this.#database.all<{ id: string; hash: string }>(sql, JSON.stringify(ids));
    return new Map(rows.map((row) => [row.id, row.hash]));
  }

  /** The labels of items that have no vector in that space, rising. */
  labelsMissingIn(space: Space): number[] {
    const sql = `SELECT label FROM items
      WHERE label NOT IN (SELECT label FROM vectors_${space.generation}) ORDER BY label`;
    return this.#database.all<{ label: number }>(sql).map(({ label }) => label);
  }

  /** The labels of all items that the filter lets through. */
  *labels(filter: Filter): Generator<void, Set<number>> {
    const { sql, values } = compileFilter(filter);
    const matching = `SELECT label FROM items WHERE label > ? AND label <= ? AND ${sql}`;
    const labels = new Set<number>();
    let low = 0;
    while (low !== Number.MAX_SAFE_INTEGER) {
      const high = this.#windowEnd('label', low) ?? Number.MAX_SAFE_INTEGER;
      for (const row of this.#database.all<{ label: number }>(matching, low, high, ...values))
        labels.add(row.label);
      low = high;
      yield;
    }
    return labels;
  }

  /** A page of items by rising id. */
  *list(options: ListOptions): Generator<void, ItemPage> {
    const limit = options.limit ?? 100;
    checkInteger('limit', limit, 1, 1000);
    const condition = options.filter === undefined ? everything : compileFilter(options.filter);
    const rows: ItemRow[] = [];
    const binding = bindingOf('list', JSON.stringify(options.filter ?? null));
    let low = options.after === undefined ? '' : decodeTextCursor(options.after, binding);
    while (rows.length <= limit) {
      const high = this.#windowEnd('id', low);
      rows.push(...this.#rowsBetween(low, high, condition, limit + 1 - rows.length));
      if (high === undefined) break;
      low = high;
      yield;
    }
    const items = rows.slice(0, limit).map(itemOf);
    const last = items.at(-1);
    const next = rows.length > limit && last !== undefined ? encodeTextCursor(binding, last.id) : null;
    return { items, next };
  }

  /** The key of the last row of the window that begins after `low`; undefined when the rest is less than a window. */
  #windowEnd<T extends string | number>(key: 'label' | 'id', low: T): T | undefined {
    const sql = `SELECT ${key} AS key FROM items WHERE ${key} > ? ORDER BY ${key} LIMIT 1 OFFSET ${window - 1}`;
    return this.#database.get<{ key: T }>(sql, low)?.key;
  }

  #rowsBetween(low: string, high: string | undefined, condition: Condition, limit: number): ItemRow[] {
    const bounds = high === undefined ? [low] : [low, high];
    const sql = `SELECT ${itemColumns} FROM items WHERE id > ? ${high === undefined ? '' : 'AND id <= ?'}
      AND ${condition.sql} ORDER BY id LIMIT ?`;
    return this.#database.all<ItemRow>(sql, ...bounds, ...condition.values, limit);
  }
}
