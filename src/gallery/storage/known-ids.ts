import { checkWhole } from '../../arguments.ts';
import type { IdsOptions } from '../../engine/index.ts';
import { spellingsOf } from '../../text.ts';
import type { Database } from './database.ts';

/** An item's identity as a search needs it. */
export interface Identity {
  readonly sequence: number;
  readonly id: string;
  readonly productId: string;
}

/** Returns the items of a product. */
export const itemsOfProduct = (database: Database, productId: string): Identity[] =>
  database.all('SELECT sequence, id, product_id AS productId FROM items WHERE product_id = ?', productId);

/** Returns the hashes of the pictures, as they were sent, of those of the ids that exist. */
export function hashesOf(database: Database, ids: readonly string[]): Map<string, string> {
  const sql =
    'SELECT id, ifnull(sent_hash, image_hash) AS hash FROM items WHERE id IN (SELECT value FROM json_each(?))';
  const rows = database.all<{ id: string; hash: string }>(sql, JSON.stringify(ids.flatMap(spellingsOf)));
  const hashes = new Map(rows.map((row) => [row.id, row.hash]));
  return new Map(
    ids.flatMap((id) => {
      const hash = firstOf(hashes, spellingsOf(id));
      return hash === undefined ? [] : [[id, hash] as const];
    }),
  );
}

/** Returns the first of the ids that no item has. */
export function firstMissingOf(database: Database, ids: readonly string[]): string | undefined {
  const sql = 'SELECT id FROM items WHERE id IN (SELECT value FROM json_each(?))';
  const rows = database.all<{ id: string }>(sql, JSON.stringify(ids.flatMap(spellingsOf)));
  const there = new Set(rows.map(({ id }) => id));
  return ids.find((id) => !spellingsOf(id).some((spelled) => there.has(spelled)));
}

/** The value of the first of the keys that has one. */
const firstOf = <V>(values: ReadonlyMap<string, V>, keys: readonly string[]): V | undefined =>
  values.get(keys.find((key) => values.has(key)) ?? '');

/** Returns ids by rising code points; see `Gallery.ids`. @throws RangeError for the limit. */
export function idsOf(database: Database, { prefix = '', after = '', limit = 10_000 }: IdsOptions): string[] {
  checkWhole('limit', limit, { from: 1, to: 10_000 });
  const rows = database.all<{ id: string }>(
    'SELECT id FROM items WHERE id > ? AND id >= ? ORDER BY id LIMIT ?',
    after,
    prefix,
    limit,
  );
  const ids = rows.map(({ id }) => id);
  const end = ids.findIndex((id) => !id.startsWith(prefix));
  return end === -1 ? ids : ids.slice(0, end);
}

/** Returns the sequence numbers of all items, rising. */
export function sequencesOf(database: Database): number[] {
  // One text instead of a row object each.
  const sql = 'SELECT json_group_array(sequence) AS text FROM (SELECT sequence FROM items ORDER BY sequence)';
  return JSON.parse(database.get<{ text: string }>(sql)?.text ?? '[]') as number[];
}
