import { checkWhole } from '../../arguments.ts';
import {
  type CollectionInfo,
  checkSpace,
  checkVector,
  decodeReference,
  type EmbedLast,
  type Item,
  type ReembeddedVector,
  type ReembeddingSettings,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { counted } from '../../text.ts';
import { isSameMetric, settleMetric } from '../../vectors/index.ts';
import type { Client } from './connection.ts';
import { fillPage, type ItemRow, itemColumns } from './item-rows.ts';
import { readImage } from './read-items.ts';
import {
  type CollectionRow,
  checkDimension,
  createIndex,
  createVectors,
  dropVectors,
  type Space,
  tablesOf,
} from './tables.ts';
import { insertVectors } from './write-items.ts';

/** Items that are embedded while others wait to write: some seconds at most. */
const mostLast = 16;

const writeSpaces = async (
  client: Client,
  { number }: CollectionRow,
  space: Space,
  replacement: Space | null,
): Promise<void> => {
  const sql = 'UPDATE collections SET space = $2, replacement = $3 WHERE number = $1';
  await client.query(sql, [number, JSON.stringify(space), replacement && JSON.stringify(replacement)]);
};

/** Begins to build vectors of another model beside the old ones, or goes on with those of the same model; see `Engine.beginReembedding`. */
export async function beginReembedding(
  client: Client,
  collection: CollectionRow,
  given: ReembeddingSettings,
): Promise<void> {
  const { modelId, modelName, dimension, metric, metricOptions } = given;
  const choice = metric === undefined ? collection.space : { metric, metricOptions };
  checkSpace({ ...given, ...choice });
  checkDimension(dimension);
  const wanted = { modelId, modelName, dimension, ...settleMetric(choice) };
  const left = collection.replacement;
  if (left !== null && left.modelId === modelId && left.dimension === dimension && isSameMetric(left, wanted))
    return;
  if (left !== null) await dropVectors(client, collection, left);
  const sql = 'UPDATE collections SET generations = generations + 1 WHERE number = $1 RETURNING generations';
  const { rows } = await client.query<{ generations: number }>(sql, [collection.number]);
  const space = { ...wanted, generation: rows[0]?.generations ?? 0 };
  await createVectors(client, collection, space);
  // Embedding takes longer than the index does, and searches switch to one that is there.
  await createIndex(client, collection, space);
  await writeSpaces(client, collection, collection.space, space);
}

function active({ name, replacement }: CollectionRow): Space {
  if (replacement !== null) return replacement;
  throw new TypeError(`No re-embedding of ${name} has begun. Call beginReembedding first.`);
}

/** Reads items that have no vector of the new model. */
export async function itemsToReembed(
  client: Client,
  collection: CollectionRow,
  limit: number,
): Promise<Item[]> {
  checkWhole('limit', limit, { from: 1, to: 10_000 });
  const { items, vectors } = tablesOf(collection);
  const { rows } = await client.query<ItemRow>(
    `SELECT ${itemColumns} FROM ${items} i
      WHERE NOT EXISTS (SELECT 1 FROM ${vectors(active(collection))} v WHERE v.sequence = i.sequence)
      ORDER BY i.sequence LIMIT $1`,
    [limit],
  );
  return fillPage(rows, limit).items;
}

/** Stores new vectors of items that are as they were. */
export async function storeReembedded(
  client: Client,
  collection: CollectionRow,
  given: readonly ReembeddedVector[],
): Promise<void> {
  const space = active(collection);
  for (const { vector } of given) checkVector(vector, space);
  const { items, vectors } = tablesOf(collection);
  const { rows } = await client.query<{ sequence: number; id: string }>(
    `SELECT sequence, id FROM ${items} WHERE sequence = ANY($1)`,
    [given.map(({ sequence }) => sequence)],
  );
  const ids = new Map(rows.map(({ sequence, id }) => [sequence, id]));
  const last = new Map(
    given.filter(({ id, sequence }) => ids.get(sequence) === id).map((one) => [one.sequence, one]),
  );
  await insertVectors(client, vectors(space), [...last.values()]);
}

/**
 * Embeds the items that have no vector of the new model yet, if they are few: their collection is locked, and those who write to it wait.
 * One whose picture is kept elsewhere is left.
 */
async function storeLast(client: Client, collection: CollectionRow, embedLast: EmbedLast): Promise<void> {
  const items = await itemsToReembed(client, collection, mostLast + 1);
  if (items.length > mostLast) return;
  const last: { item: Item; image: Uint8Array | null }[] = [];
  for (const item of items) {
    const image = item.hasImage ? (await readImage(client, collection, item.id)).bytes : null;
    if (image !== null && decodeReference(image) !== undefined) return;
    last.push({ item, image });
  }
  await storeReembedded(client, collection, await embedLast(last));
}

/** Puts the new vectors in the place of the old ones. @throws SnapshelfError `collection-busy` while items have none. */
export async function commitReembedding(
  client: Client,
  collection: CollectionRow,
  embedLast?: EmbedLast,
): Promise<void> {
  const space = active(collection);
  const countMissing = async () => collection.items - (await countReembedded(client, collection, space));
  if (embedLast !== undefined && (await countMissing()) > 0) await storeLast(client, collection, embedLast);
  const missing = await countMissing();
  if (missing > 0)
    throw new SnapshelfError(
      'collection-busy',
      `${counted(missing, 'item has', 'items have')} no vector of the new model yet. Embed the pending items, then commit.`,
      { details: { missing } },
    );
  await writeSpaces(client, collection, space, null);
  await dropVectors(client, collection, collection.space);
}

/** Gives the new vectors up. */
export async function abortReembedding(client: Client, collection: CollectionRow): Promise<void> {
  if (collection.replacement === null) return;
  await writeSpaces(client, collection, collection.space, null);
  await dropVectors(client, collection, collection.replacement);
}

async function countReembedded(client: Client, collection: CollectionRow, space: Space): Promise<number> {
  const sql = `SELECT count(*) AS count FROM ${tablesOf(collection).vectors(space)}`;
  const { rows } = await client.query<{ count: number }>(sql);
  return rows[0]?.count ?? 0;
}

/** Describes the change of a collection's model that has begun; undefined if none has. */
export async function reembeddingInfo(
  client: Client,
  collection: CollectionRow,
): Promise<CollectionInfo['reindex']> {
  if (collection.replacement === null) return undefined;
  const { generation: _, ...space } = collection.replacement;
  return { ...space, done: await countReembedded(client, collection, collection.replacement) };
}
