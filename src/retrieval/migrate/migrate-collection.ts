import { type Engine, type Item, type ItemInput, pictureStoreDocument } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { pipeline } from '../../threads/index.ts';
import { rowOf } from '../../vectors/index.ts';
import type { NamedItems } from '../import-types.ts';
import { NamedList } from '../named-list.ts';
import { isSameItem, isSameVector } from './same-item.ts';
import { type Verified, verifyMigration } from './verify-migration.ts';
import { walkIds } from './walk-ids.ts';

/** Items that one round reads and writes, and those of it that are asked for at a time. */
const pageItems = 200;
const itemsAtOnce = 8;
/** Bytes of pictures that are held before they are written. */
const maxBytes = 32 * 2 ** 20;

/** Progress of a migration. */
export interface MigrationProgress {
  /** Items that are in the engine that they go to. */
  readonly done: number;
  readonly total: number;
}

/** Options of `migrateCollection`. */
export interface MigrationOptions {
  readonly onProgress?: ((progress: MigrationProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A collection that was migrated, and how that was verified. */
export interface MigrationReport extends Verified {
  /** Items that were written. */
  readonly written: number;
  /** Those of them that were there before, and differed. */
  readonly replaced: NamedItems;
  /** Items that were there just so, as after an earlier run that was interrupted. */
  readonly unchanged: number;
}

/**
 * Copies a collection from one engine into another: settings, items, vectors to the last bit, pictures and documents. What is
 * there just so is left as it is, so that the same call goes on where one was interrupted. Nothing is deleted anywhere.
 * @throws SnapshelfError `collection-exists` for one of other settings, or one that has an item which is not in the first (nothing was
 * written then), `engine-cannot` for a metric or vectors that an engine does not offer, `collection-busy` if what is there afterwards
 * is not what was there before; the signal's reason.
 */
export async function migrateCollection(
  from: Engine,
  to: Engine,
  name: string,
  { onProgress, signal }: MigrationOptions = {},
): Promise<MigrationReport> {
  const info = await from.info(name);
  const { modelId, modelName, dimension, metric, metricOptions, storeImages } = info;
  await to.create({ name, modelId, modelName, dimension, metric, metricOptions, storeImages });
  await refuseStrangers(from, to, name, signal);
  const replaced = new NamedList();
  let written = 0;
  let unchanged = 0;
  for (let after: string | undefined; ; ) {
    signal?.throwIfAborted();
    const page = await from.list(name, { limit: pageItems, after });
    if (page.damaged !== undefined)
      throw new SnapshelfError(
        'gallery-damaged',
        `The collection ${name} has damaged items. Check and repair it first.`,
      );
    const left = await notThere(from, to, name, page.items);
    unchanged += page.items.length - left.length;
    for await (const inputs of inputsOf(from, name, left)) {
      signal?.throwIfAborted();
      const result = await to.upsert(name, modelId, inputs);
      replaced.add(result.replaced);
      unchanged += result.unchanged;
      written += inputs.length - result.unchanged;
      onProgress?.({ done: written + unchanged, total: info.items });
    }
    if (left.length === 0) onProgress?.({ done: written + unchanged, total: info.items });
    if (page.next === null) break;
    after = page.next;
  }
  // Where pictures are kept is a matter of each.
  for (const key of Object.keys(info.documents ?? {}))
    if (key !== pictureStoreDocument) await to.setDocument(name, key, await from.document(name, key));
  const verified = await verifyMigration(from, to, name, signal);
  return { written, replaced: replaced.named(), unchanged, ...verified };
}

/** Refuses to mix two collections, before anything is written. @throws SnapshelfError `collection-exists`. */
async function refuseStrangers(from: Engine, to: Engine, name: string, signal?: AbortSignal): Promise<void> {
  const known = async (ids: readonly string[]): Promise<void> => {
    const stranger = await from.firstMissing(name, ids);
    if (stranger === undefined) return;
    throw new SnapshelfError(
      'collection-exists',
      `The collection ${name} is there already and has the item ${JSON.stringify(stranger)}, which is not in the one that is to be migrated. Delete it there, or drop the collection there first. Nothing was written.`,
      { details: { name, id: stranger } },
    );
  };
  await walkIds(to, name, known, signal);
}

/**
 * Returns those of the items that the other engine has not just so, by all but the bytes of their pictures, which a migration that goes on
 * need not move once more.
 */
async function notThere(from: Engine, to: Engine, name: string, items: readonly Item[]): Promise<Item[]> {
  if (!to.capabilities.rawVectors) return [...items];
  const known = await to.hashes(
    name,
    items.map(({ id }) => id),
  );
  // Of a picture without a hash nobody knows whether it is the same.
  const found = items.filter(
    ({ id, hasImage, imageHash }) => known.has(id) && !(hasImage && imageHash === ''),
  );
  const ids = found.map(({ id }) => id);
  if (ids.length === 0) return [...items];
  const [wanted, stored] = await Promise.all([from.vectors(name, ids), to.vectors(name, ids)]);
  const dimension = wanted.length / ids.length;
  const same = new Set<string>();
  const others = pipeline(ids, itemsAtOnce, (id) => to.get(name, id));
  let row = 0;
  for await (const other of others) {
    const item = found[row] as Item;
    const [one, there] = [wanted, stored].map((vectors) => rowOf({ vectors, dimension }, row));
    if (one && there && isSameItem(item, other) && isSameVector(one, there)) same.add(item.id);
    row += 1;
  }
  return items.filter(({ id }) => !same.has(id));
}

/** Yields items as they are to be stored, in parts of a size that memory holds. */
async function* inputsOf(
  from: Engine,
  name: string,
  items: readonly Item[],
): AsyncGenerator<ItemInput[], void> {
  const ids = items.map(({ id }) => id);
  const vectors = await from.vectors(name, ids);
  const dimension = vectors.length / Math.max(1, ids.length);
  let inputs: ItemInput[] = [];
  let bytes = 0;
  const read = ([at, item]: [number, Item]): Promise<ItemInput> =>
    inputOf(from, name, item, Float32Array.from(rowOf({ vectors, dimension }, at)));
  for await (const input of pipeline(items.entries(), itemsAtOnce, read)) {
    bytes += (input.image?.length ?? 0) + (input.thumbnail?.length ?? 0);
    inputs.push(input);
    if (bytes <= maxBytes) continue;
    yield inputs;
    inputs = [];
    bytes = 0;
  }
  if (inputs.length > 0) yield inputs;
}

async function inputOf(
  from: Engine,
  name: string,
  item: Item,
  vector: Float32Array<ArrayBuffer>,
): Promise<ItemInput> {
  const { id, productId, label, metadata, split, imageHash, sentHash, hasImage, hasThumbnail } = item;
  const image = hasImage ? await from.image(name, id) : undefined;
  const thumbnail = hasThumbnail ? await from.thumbnail(name, id) : undefined;
  return {
    id,
    productId,
    metadata,
    vector,
    imageHash,
    sentHash,
    ...(label !== null && { label }),
    ...(split !== null && { split: split as NonNullable<ItemInput['split']> }),
    ...(image && { image: image.bytes, imageType: image.mediaType }),
    ...(thumbnail && { thumbnail: thumbnail.bytes }),
  };
}
