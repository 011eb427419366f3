import { checkWhole } from '../../arguments.ts';
import {
  checkDeleteFilter,
  checkExpected,
  checkItem,
  checkUpdate,
  type DeleteOptions,
  type EngineItems,
  type Filter,
  type IdsOptions,
  type Item,
  type ItemInput,
  type ItemPage,
  type ItemUpdate,
  isImageType,
  type ListOptions,
  type StoredImage,
  type StoredPicture,
  type UpdateOptions,
  type UpdateResult,
  type UpsertResult,
  type WriteOptions,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { canonical } from '../../text.ts';
import { eachOf } from '../each-of.ts';
import type { Cluster } from './cluster.ts';
import { Collections, nextSequence, type OpenCollection } from './collection.ts';
import { idsWhere, listIds, listItems } from './listing.ts';
import { partsOf } from './pictures.ts';
import { Registry } from './registry.ts';
import { itemOf, type StoredItem } from './stored-item.ts';
import { itemNotFound, updateItems } from './update.ts';
import { upsertItems } from './upsert.ts';

/** The items of the collections of a cluster. */
export class WeaviateItems implements EngineItems {
  protected readonly cluster: Cluster;
  protected readonly registry: Registry;
  protected readonly opened: Collections;
  readonly #isReadOnly: boolean;

  constructor(cluster: Cluster, isReadOnly: boolean) {
    this.cluster = cluster;
    this.registry = new Registry(cluster);
    this.opened = new Collections(cluster, this.registry);
    this.#isReadOnly = isReadOnly;
  }

  /** Does one write of a collection after the other, by its record as it is now. */
  protected change<T>(name: string, work: (collection: OpenCollection) => Promise<T>): Promise<T> {
    this.checkWritable();
    return this.opened.inTurn(name, async () => work(await this.opened.fresh(name)));
  }

  protected checkWritable(): void {
    if (this.#isReadOnly)
      throw new SnapshelfError('read-only', 'The engine was opened to read only. Open it to write.');
  }

  async upsert(
    name: string,
    modelId: string,
    items: readonly ItemInput[],
    options: WriteOptions = {},
  ): Promise<UpsertResult> {
    return this.change(name, async (collection) => {
      const { record } = collection;
      if (modelId !== record.modelId)
        throw new SnapshelfError(
          'model-mismatch',
          `The collection ${name} takes vectors of the model ${record.modelName}, and of no other. Use that model, or index the collection again with yours.`,
          { details: { expected: record.modelId, given: modelId } },
        );
      for (const item of items) checkItem(item, record as never);
      return upsertItems(collection, items, options, (changed) => this.opened.put(changed));
    });
  }

  async update(
    name: string,
    updates: readonly ItemUpdate[],
    options: UpdateOptions = {},
  ): Promise<UpdateResult> {
    return this.change(name, async (collection) => {
      for (const update of updates) checkUpdate(update);
      return updateItems(collection, updates, options, (changed) => this.opened.put(changed));
    });
  }

  async delete(
    name: string,
    selection: readonly string[] | Filter,
    { expected }: DeleteOptions = {},
  ): Promise<number> {
    return this.change(name, async (collection) => {
      if (Array.isArray(selection)) return this.#deleteIds(collection, selection as string[], expected);
      checkDeleteFilter(selection as Filter);
      let count = 0;
      for await (const ids of idsWhere(collection, selection as Filter))
        count += await this.#deleteIds(collection, ids);
      return count;
    });
  }

  async #deleteIds(
    collection: OpenCollection,
    ids: readonly string[],
    expected?: DeleteOptions['expected'],
  ): Promise<number> {
    const { record, items, next, pictures } = collection;
    const distinct = [...new Set(ids.map(canonical))];
    const found = (await eachOf(distinct, (id) => items.find(id))).filter((item) => item !== undefined);
    if (expected !== undefined) for (const item of found) checkExpected(item.id, itemOf(item), expected);
    if (found.length === 0) return 0;
    await this.opened.put({ ...record, sequence: nextSequence(record.sequence) });
    const gone = found.map(({ id }) => id);
    await items.remove(gone);
    await next?.remove(gone);
    await pictures.remove(found);
    return found.length;
  }

  async get(name: string, id: string): Promise<Item> {
    return itemOf(await this.#stored(await this.opened.recent(name), id));
  }

  async #stored({ items }: OpenCollection, id: string): Promise<StoredItem> {
    const item = await items.find(id);
    if (item === undefined) throw itemNotFound(id);
    return item;
  }

  async list(name: string, options: ListOptions = {}): Promise<ItemPage> {
    return listItems(await this.opened.recent(name), options);
  }

  async ids(name: string, options: IdsOptions = {}): Promise<string[]> {
    return listIds(await this.opened.recent(name), options);
  }

  async hashes(name: string, ids: readonly string[]): Promise<Map<string, string>> {
    const { items } = await this.opened.recent(name);
    const found = await eachOf(ids, (id) => items.find(id));
    return new Map(ids.flatMap((id, at) => (found[at] === undefined ? [] : [[id, found[at].sentHash]])));
  }

  async firstMissing(name: string, ids: readonly string[]): Promise<string | undefined> {
    const { items } = await this.opened.recent(name);
    const found = await eachOf(ids, (id) => items.find(id));
    return ids.find((_, at) => found[at] === undefined);
  }

  async vector(name: string, id: string): Promise<Float32Array> {
    return this.vectors(name, [id]);
  }

  async vectors(name: string, ids: readonly string[]): Promise<Float32Array> {
    checkWhole('ids.length', ids.length, { from: 0, to: 1000 });
    const { record, items } = await this.opened.recent(name);
    const found = await eachOf(ids, (id) => items.findWhole(id));
    const vectors = new Float32Array(ids.length * record.dimension);
    for (const [at, whole] of found.entries()) {
      if (whole === undefined) throw itemNotFound(ids[at] as string);
      vectors.set(whole.vector, at * record.dimension);
    }
    return vectors;
  }

  async image(name: string, id: string): Promise<StoredImage> {
    const collection = await this.opened.recent(name);
    const item = await this.#stored(collection, id);
    const { mediaType } = this.#pictureOf(item);
    return { bytes: await collection.pictures.whole(item, 'picture', factsIn(item, 'picture')), mediaType };
  }

  async picture(name: string, id: string): Promise<StoredPicture> {
    return this.#pictureOf(await this.#stored(await this.opened.recent(name), id));
  }

  #pictureOf(item: StoredItem): StoredPicture & { id: string } {
    const { mediaType, byteLength } = factsIn(item, 'picture');
    return {
      id: item.id,
      sequence: item.sequence,
      mediaType: isImageType(mediaType) ? mediaType : 'application/octet-stream',
      byteLength,
      parts: partsOf(byteLength),
      hash: item.imageHash,
    };
  }

  async *pictureParts(name: string, picture: StoredPicture): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const { pictures } = await this.opened.recent(name);
    const { id = '' } = picture as StoredPicture & { id?: string };
    for (let part = 0; part < picture.parts; part += 1) {
      const bytes = await pictures.part({ id, sequence: picture.sequence }, 'picture', part);
      if (bytes === undefined) throw itemNotFound(id);
      yield bytes;
    }
  }

  async thumbnail(name: string, id: string): Promise<StoredImage> {
    const collection = await this.opened.recent(name);
    const item = await this.#stored(collection, id);
    const facts = factsIn(item, 'thumbnail');
    return { bytes: await collection.pictures.whole(item, 'thumbnail', facts), mediaType: 'image/jpeg' };
  }
}

function factsIn<K extends 'picture' | 'thumbnail'>(item: StoredItem, kind: K): NonNullable<StoredItem[K]> {
  const facts = item[kind];
  if (facts !== undefined) return facts as NonNullable<StoredItem[K]>;
  throw new SnapshelfError('image-not-stored', `The item ${JSON.stringify(item.id)} has no stored ${kind}.`, {
    details: { id: item.id },
  });
}
