import {
  checkDeleteFilter,
  type DeleteOptions,
  decodeReference,
  encodeReference,
  engineCannot,
  type Filter,
  type ItemInput,
  newReference,
  type PictureReference,
  pictureStoreDocument,
  type RestoredCollection,
  type RestoreOptions,
  type SnapshotReport,
  type UpsertResult,
  type WriteOptions,
} from '../../engine/index.ts';
import { SnapshelfError, statusOf } from '../../errors.ts';
import { eachOf } from '../each-of.ts';
import type { PicturePlace } from './picture-places.ts';
import type { AboutPicture, PictureStore } from './picture-store.ts';
import { ReadOutside } from './read-outside.ts';
import { keyOf, referencesOf } from './references.ts';

/** Pictures that are written, or removed, at a time. */
const atOnce = 8;

/**
 * The calls of an engine that touch pictures, where those are kept in a store. A picture is written before its item, and removed after
 * it, so that an item never names one that is not there; what an interruption leaves is an object that no item names, which
 * `sweepPictures` finds.
 */
export class PicturesOutside extends ReadOutside {
  /** See `Engine.upsert`. @throws SnapshelfError as that, and `picture-store-unavailable`. */
  async upsert(
    name: string,
    modelId: string,
    items: readonly ItemInput[],
    options?: WriteOptions,
  ): Promise<UpsertResult> {
    let hasPictures = false;
    for (const { id, image } of items) {
      if (!(image instanceof Uint8Array)) continue;
      hasPictures = true;
      if (decodeReference(image) !== undefined)
        throw new SnapshelfError(
          'item-invalid',
          `The image of item ${JSON.stringify(id)} is a reference to a picture, and no picture.`,
        );
    }
    const place = await this.places.of(name, hasPictures);
    if (place === undefined) return this.engine.upsert(name, modelId, items, options);
    const ids = items.map(({ id }) => id);
    const before = await referencesOf(this.engine, name, ids);
    const written = items.map(({ image }) =>
      image instanceof Uint8Array && place.storeImages ? newReference(name, place.folder, image) : undefined,
    );
    const referring = items.map((item, at) => {
      const reference = written[at];
      return reference === undefined ? item : { ...item, image: encodeReference(reference) };
    });
    const result = await this.#write(place, items, written, () =>
      this.engine.upsert(name, modelId, referring, options),
    );
    await this.#settle(place, items, { result, before, written });
    return result;
  }

  /** Writes pictures, then their items. What certainly was not done of it is taken back. */
  async #write(
    { store }: PicturePlace,
    items: readonly ItemInput[],
    written: readonly (PictureReference | undefined)[],
    upsert: () => Promise<UpsertResult>,
  ): Promise<UpsertResult> {
    const references = written.filter((one) => one !== undefined);
    const put = async ([at, item]: readonly [number, ItemInput]): Promise<Error | undefined> => {
      const reference = written[at];
      if (reference === undefined || item.image === undefined) return undefined;
      return store.put(reference.key, item.image, aboutOf(item, reference)).then(
        () => undefined,
        (error: Error) => error,
      );
    };
    const failure = (await eachOf([...items.entries()], put, atOnce)).find((one) => one !== undefined);
    try {
      if (failure !== undefined) throw failure;
      return await upsert();
    } catch (error) {
      // After another failure of the engine nobody knows whether the items were written.
      const isUndone =
        error === failure ||
        (error instanceof SnapshelfError && (statusOf(error.code) < 500 || error.code === 'lease-lost'));
      if (isUndone) await forget(store, references);
      throw error;
    }
  }

  /** Removes what items named before, and what was written of those that stay as they were. */
  async #settle(
    { store }: PicturePlace,
    items: readonly ItemInput[],
    {
      result,
      before,
      written,
    }: {
      readonly result: UpsertResult;
      readonly before: ReadonlyMap<string, PictureReference>;
      readonly written: readonly (PictureReference | undefined)[];
    },
  ): Promise<void> {
    const gone: PictureReference[] = [];
    for (const [at, item] of items.entries()) {
      const old = before.get(item.id);
      const given = written[at];
      if (result.changes[at] !== 'unchanged') {
        if (old !== undefined) gone.push(old);
        continue;
      }
      if (given === undefined || item.image === undefined) continue;
      gone.push(given);
      // One that was lost comes back by being sent again.
      if (old?.sha256 === given.sha256 && (await store.find(old.key)) === undefined)
        await store.put(old.key, item.image, aboutOf(item, old));
    }
    await forget(store, gone);
  }

  /** See `Engine.delete`. */
  async delete(
    name: string,
    selection: readonly string[] | Filter,
    options?: DeleteOptions,
  ): Promise<number> {
    const place = await this.places.of(name);
    if (place === undefined) return this.engine.delete(name, selection, options);
    const isByIds = Array.isArray(selection);
    const ids = isByIds ? (selection as readonly string[]) : await this.#idsOf(name, selection as Filter);
    const before = await referencesOf(this.engine, name, ids);
    const deleted = await this.engine.delete(name, selection, options);
    // What a filter let through before, it may not have let through a moment later.
    const after = isByIds
      ? new Map<string, PictureReference>()
      : await referencesOf(this.engine, name, [...before.keys()]);
    const gone = [...before].filter(([id, { key }]) => keyOf(after.get(id)) !== key);
    await forget(
      place.store,
      gone.map(([, reference]) => reference),
    );
    return deleted;
  }

  async #idsOf(name: string, filter: Filter): Promise<string[]> {
    checkDeleteFilter(filter);
    const ids: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.engine.list(name, { filter, limit: 1000, after });
      for (const { id, hasImage } of page.items) if (hasImage) ids.push(id);
      if (page.next === null) return ids;
      after = page.next;
    }
  }

  /** See `Engine.drop`. */
  async drop(name: string): Promise<void> {
    // A damaged one says nothing: its folder is left.
    const place = await this.places.of(name).catch((error: unknown) => {
      if (error instanceof SnapshelfError && error.code === 'gallery-damaged') return undefined;
      throw error;
    });
    await this.engine.drop(name);
    this.places.forget(name);
    if (place === undefined) return;
    const keys: string[] = [];
    for await (const { key } of place.store.list(`${place.folder}/`)) keys.push(key);
    await eachOf(keys, (key) => place.store.remove(key), atOnce);
  }

  /** See `Engine.snapshot`. @throws SnapshelfError as that; `engine-cannot` where pictures are in a store. */
  async snapshot(name: string, path: string): Promise<SnapshotReport> {
    if (this.store !== undefined) throw engineCannot(this.engine.kind, 'snapshots');
    const url = await this.engine.document(name, pictureStoreDocument);
    if (url !== undefined)
      throw new SnapshelfError(
        'engine-cannot',
        `The collection ${name} keeps its pictures in ${url}, and a snapshot would be without them. Copy it with its pictures into a data folder that keeps them itself, and write the snapshot of that.`,
        { details: { engine: this.engine.kind, capability: 'snapshots' } },
      );
    return this.engine.snapshot(name, path);
  }

  /** See `Engine.restore`. A snapshot has its pictures in it, whatever a document in it says. @throws SnapshelfError as that. */
  async restore(name: string, path: string, options?: RestoreOptions): Promise<RestoredCollection> {
    if (this.store !== undefined) throw engineCannot(this.engine.kind, 'snapshots');
    const restored = await this.engine.restore(name, path, options);
    this.places.forget(name);
    if (restored.documents?.[pictureStoreDocument] === undefined) return restored;
    await this.engine.setDocument(name, pictureStoreDocument, undefined);
    return { ...restored, ...(await this.engine.info(name)) };
  }
}

const aboutOf = ({ id, imageType }: ItemInput, { sha256 }: PictureReference): AboutPicture => ({
  itemId: id,
  sha256,
  mediaType: imageType ?? 'application/octet-stream',
});

/** Removes objects that no item names. What cannot be removed now is found by a sweep. */
async function forget(store: PictureStore, references: readonly PictureReference[]): Promise<void> {
  await eachOf(references, ({ key }) => store.remove(key).catch(() => {}), atOnce);
}
