import { setTimeout as sleep } from 'node:timers/promises';
import {
  checkSpace,
  checkVector,
  type Item,
  type ReembeddedVector,
  type ReembeddingSettings,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { counted } from '../../text.ts';
import { eachOf } from '../each-of.ts';
import type { Collections, OpenCollection } from './collection.ts';
import { newClassName } from './names.ts';
import { dropClass } from './registry.ts';
import { itemOf, type StoredItem, storedItemOf } from './stored-item.ts';

/** Items that one round compares. */
const pageItems = 500;
/** Rounds after which the switch gives up: searches see what was written within seconds. */
const rounds = 25;

const busy = (name: string, why: string): SnapshelfError =>
  new SnapshelfError('collection-busy', `The collection ${name} ${why}.`, { details: { name } });

/** Begins a change of the model, or goes on with one of the same model. @throws SnapshelfError `collection-busy`. */
export async function beginReembedding(
  collections: Collections,
  name: string,
  settings: ReembeddingSettings,
): Promise<void> {
  const { record } = await collections.fresh(name);
  const { modelId, modelName, dimension, metric = record.metric } = settings;
  checkSpace({ modelId, modelName, dimension, metric: metric as never });
  const { reindex } = record;
  if (reindex !== undefined) {
    if (reindex.modelId === modelId && reindex.dimension === dimension && reindex.metric === metric) return;
    throw busy(name, `is being indexed again with the model ${reindex.modelName}`);
  }
  const next = { modelId, modelName, dimension, metric, className: newClassName(name) };
  const opened = collections.of({ ...record, reindex: next });
  await opened.next?.prepare(descriptionOf(name, next));
  await collections.put({ ...record, reindex: next });
}

/** Returns what a class says of itself to people who look into the cluster. */
export const descriptionOf = (
  name: string,
  {
    modelId,
    modelName,
    dimension,
    metric,
  }: Pick<OpenCollection['record'], 'modelId' | 'modelName' | 'dimension' | 'metric'>,
): string => JSON.stringify({ snapshelf: 1, collection: name, modelId, modelName, dimension, metric });

/** Returns at most so many items that have no vector of the next model. */
export async function itemsToReembed(collection: OpenCollection, limit: number): Promise<Item[]> {
  const found: Item[] = [];
  for await (const { missing } of differences(collection)) {
    found.push(...missing.map(itemOf));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

/** Compares the items with those of the next model, by rising id. */
async function* differences({ record, items, next }: OpenCollection) {
  if (next === undefined) throw busy(record.name, 'is not being indexed again');
  for (let after: string | undefined; ; ) {
    const page = await items.page({ after, limit: pageItems }, ['item', 'key']);
    const isLast = page.length < pageItems;
    const done = await next.page({ after, limit: 2 * pageItems }, ['item', 'key']);
    const until = isLast ? undefined : page.at(-1)?.key;
    const made = new Map(
      done
        .filter(({ key }) => until === undefined || key <= until)
        .map(({ item }) => [storedItemOf({ item }).id, storedItemOf({ item })]),
    );
    const stored = page.map(({ item }) => storedItemOf({ item }));
    const missing = stored.filter((item) => !isSameChange(item, made.get(item.id)));
    for (const { id } of stored) made.delete(id);
    yield { missing, gone: [...made.keys()] };
    if (isLast) return;
    after = until;
  }
}

const isSameChange = (a: StoredItem, b: StoredItem | undefined): boolean =>
  a.sequence === b?.sequence && a.updatedAt === b.updatedAt;

/** Stores vectors of the next model, for items that are as they were. @throws SnapshelfError `collection-busy`. */
export async function storeReembedded(
  collection: OpenCollection,
  vectors: readonly ReembeddedVector[],
): Promise<void> {
  const { record, items, next } = collection;
  if (next === undefined || record.reindex === undefined)
    throw busy(record.name, 'is not being indexed again');
  const { reindex } = record;
  for (const { vector } of vectors) checkVector(vector, reindex as never);
  const stored = await eachOf(vectors, ({ id }) => items.find(id));
  await next.write(
    vectors.flatMap(({ sequence, vector }, at) => {
      const item = stored[at];
      return item?.sequence === sequence ? [{ item, vector }] : [];
    }),
  );
}

/** Puts the vectors of the next model in the place of the others. @throws SnapshelfError `collection-busy` while items have none. */
export async function commitReembedding(collections: Collections, name: string): Promise<OpenCollection> {
  const collection = await collections.fresh(name);
  const { record, next } = collection;
  if (record.reindex === undefined || next === undefined) throw busy(name, 'is not being indexed again');
  for (let round = 1; ; round += 1) {
    let missing = 0;
    for await (const part of differences(collection)) {
      missing += part.missing.length;
      await next.remove(part.gone);
    }
    if (missing === 0) break;
    if (round === rounds || (await next.count()) === 0)
      throw busy(name, `has ${counted(missing, 'item')} without a vector of the next model`);
    await sleep(200);
  }
  const { reindex, ...rest } = record;
  const opened = await collections.put({ ...rest, ...reindex });
  await dropClass(collection.items.cluster, record.className);
  return opened;
}

/** Drops the vectors of the next model. */
export async function abortReembedding(collections: Collections, name: string): Promise<void> {
  const { record, items } = await collections.fresh(name);
  const { reindex, ...rest } = record;
  if (reindex === undefined) return;
  await collections.put(rest);
  await dropClass(items.cluster, reindex.className);
}
