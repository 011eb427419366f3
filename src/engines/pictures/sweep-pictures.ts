import {
  type CollectionInfo,
  type Engine,
  isPictureKey,
  pictureFolder,
  pictureStoreDocument,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { eachOf } from '../each-of.ts';
import type { PictureStore } from './picture-store.ts';
import { keyOf, referenceOf } from './references.ts';

/** Milliseconds that an object is left alone: its item may be about to be written. */
const graceMs = 3_600_000;
/** Items that are looked at, at a time. */
const atOnce = 8;

/** Options of `sweepPictures`. */
export interface SweepOptions {
  /** True removes the objects that no item names. Default false: they are counted. */
  readonly repair?: boolean | undefined;
}

/** The pictures of one collection in its store. */
export interface SweptCollection {
  readonly name: string;
  /** Items whose picture is in the store. */
  readonly pictures: number;
  /** The ids of those whose picture is not there. */
  readonly missing: string[];
  /** Objects that no item names, as interrupted writes leave them, and their bytes. */
  readonly orphans: number;
  readonly orphanBytes: number;
  /** The number of them that were removed. */
  readonly removed: number;
}

/**
 * Compares the collections of an engine whose pictures are in a store with what is there, item by item. It looks at the folders of these
 * collections alone: a bucket may be shared.
 * @throws SnapshelfError `picture-store-unavailable`, `engine-unavailable`; `item-damaged`, `gallery-damaged` where that is not known.
 */
export async function sweepPictures(
  engine: Engine,
  store: PictureStore,
  options: SweepOptions = {},
): Promise<SweptCollection[]> {
  const swept: SweptCollection[] = [];
  for (const info of await engine.collections())
    if ((await engine.document(info.name, pictureStoreDocument)) === store.url)
      swept.push(await sweep(engine, store, info, options));
  return swept;
}

async function sweep(
  engine: Engine,
  store: PictureStore,
  info: CollectionInfo,
  { repair = false }: SweepOptions,
): Promise<SweptCollection> {
  const { name } = info;
  const began = Date.now();
  const named = await namedKeys(engine, name);
  const pictures = named.size;
  const orphans: { key: string; byteLength: number }[] = [];
  for await (const { key, byteLength, writtenAt } of store.list(`${pictureFolder(info)}/`)) {
    if (named.delete(key) || !isPictureKey(key) || !(writtenAt <= began - graceMs)) continue;
    // An engine that lists what some of its nodes know may have left it out.
    const { itemId } = (await store.find(key)) ?? {};
    const reference = itemId === undefined ? undefined : await referenceOf(engine, name, itemId);
    if (keyOf(reference) !== key) orphans.push({ key, byteLength });
  }
  if (repair) await eachOf(orphans, ({ key }) => store.remove(key), atOnce);
  const missing: string[] = [];
  // What was replaced meanwhile has another picture.
  for (const [key, id] of named)
    if ((await store.find(key)) === undefined && keyOf(await referenceOf(engine, name, id)) === key)
      missing.push(id);
  return {
    name,
    pictures,
    missing,
    orphans: orphans.length,
    orphanBytes: orphans.reduce((sum, { byteLength }) => sum + byteLength, 0),
    removed: repair ? orphans.length : 0,
  };
}

/** The keys that the items of a collection name, with their ids. */
async function namedKeys(engine: Engine, name: string): Promise<Map<string, string>> {
  const named = new Map<string, string>();
  for (let after: string | undefined; ; ) {
    const page = await engine.list(name, { limit: 1000, after });
    if (page.damaged !== undefined)
      throw new SnapshelfError(
        'gallery-damaged',
        `The collection ${name} has damaged items, of which nobody knows which pictures they have. Check and repair it first.`,
      );
    await eachOf(
      page.items.filter(({ hasImage }) => hasImage),
      async ({ id }) => {
        const reference = await referenceOf(engine, name, id);
        if (reference !== undefined) named.set(reference.key, id);
      },
      atOnce,
    );
    if (page.next === null) return named;
    after = page.next;
  }
}
