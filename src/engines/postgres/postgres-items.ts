import {
  checkDeleteFilter,
  checkDocument,
  checkDocumentKey,
  checkItem,
  checkItemId,
  checkUpdate,
  type DeleteOptions,
  type EngineItems,
  type Filter,
  type IdsOptions,
  type Item,
  type ItemInput,
  type ItemPage,
  type ItemUpdate,
  type Lease,
  type ListOptions,
  type StoredImage,
  type StoredPicture,
  type UpdateOptions,
  type UpdateResult,
  type UpsertResult,
  type WriteOptions,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { deleteItems, firstMissing, updateItems } from './change-items.ts';
import type { Client, Connection, ReadOptions } from './connection.ts';
import { filterSql, Parameters } from './filter-sql.ts';
import { itemOf } from './item-rows.ts';
import { modelMismatch } from './model-mismatch.ts';
import { requireLease } from './postgres-records.ts';
import { upsertItems } from './postgres-upsert.ts';
import {
  describePicture,
  hashesOf,
  itemRow,
  listIds,
  listItems,
  picturePart,
  readImage,
  readThumbnail,
  readVectors,
} from './read-items.ts';
import { type CollectionRow, collectionRow, fieldTypes, tablesOf } from './tables.ts';

/** Items that one transaction deletes by a filter. */
const deletedAtOnce = 1000;

/** The items of a Postgres engine. */
export abstract class PostgresItems implements EngineItems {
  protected readonly connection: Connection;
  readonly #isReadOnly: boolean;

  protected constructor(connection: Connection, isReadOnly: boolean) {
    this.connection = connection;
    this.#isReadOnly = isReadOnly;
  }

  /** Reads of a collection in one transaction. */
  protected reading<T>(
    name: string,
    work: (client: Client, collection: CollectionRow) => Promise<T>,
    options?: ReadOptions,
  ): Promise<T> {
    return this.connection.read(async (client) => work(client, await collectionRow(client, name)), options);
  }

  /** Writes to a collection, which is locked, in one transaction; with a lease, only as long as it is its holder's. */
  protected async writing<T>(
    name: string,
    work: (client: Client, collection: CollectionRow) => Promise<T>,
    lease?: Lease,
  ): Promise<T> {
    this.checkWritable();
    return this.connection.write(async (client) => {
      const collection = await collectionRow(client, name, true);
      await requireLease(client, lease);
      return work(client, collection);
    });
  }

  /** Called when items were added to a collection, as it was before. */
  protected abstract hasAdded(collection: CollectionRow, items: number): void;

  /** @throws SnapshelfError `read-only`. */
  protected checkWritable(): void {
    if (this.#isReadOnly) throw new SnapshelfError('read-only', 'The engine was opened to read only.');
  }

  async upsert(
    name: string,
    modelId: string,
    items: readonly ItemInput[],
    options: WriteOptions = {},
  ): Promise<UpsertResult> {
    let before: CollectionRow | undefined;
    const write = async (client: Client, collection: CollectionRow): Promise<UpsertResult> => {
      before = collection;
      if (modelId !== collection.space.modelId) throw modelMismatch(collection, modelId);
      for (const item of items) checkItem(item, collection.space);
      return upsertItems(client, collection, items, options);
    };
    const result = await this.writing(name, write, options.lease);
    if (before !== undefined) this.hasAdded(before, result.added);
    return result;
  }

  async document(name: string, key: string): Promise<string | undefined> {
    checkDocumentKey(key);
    return this.reading(name, async (client, { number }) => {
      const sql = 'SELECT content FROM documents WHERE collection = $1 AND name = $2';
      return (await client.query<{ content: string }>(sql, [number, key])).rows[0]?.content;
    });
  }

  async setDocument(name: string, key: string, content: string | undefined): Promise<void> {
    checkDocument(key, content);
    await this.writing(name, async (client, { number }) => {
      await client.query('DELETE FROM documents WHERE collection = $1 AND name = $2', [number, key]);
      if (content !== undefined)
        await client.query('INSERT INTO documents VALUES ($1, $2, $3)', [number, key, content]);
    });
  }

  update(name: string, updates: readonly ItemUpdate[], options: UpdateOptions = {}): Promise<UpdateResult> {
    const write = async (client: Client, collection: CollectionRow): Promise<UpdateResult> => {
      updates.forEach(checkUpdate);
      return updateItems(client, collection, updates, options);
    };
    return this.writing(name, write, options.lease);
  }

  async delete(
    name: string,
    selection: readonly string[] | Filter,
    options: DeleteOptions = {},
  ): Promise<number> {
    if (isIds(selection))
      return this.writing(name, async (client, collection) => {
        selection.forEach(checkItemId);
        return deleteItems(client, collection, selection, options);
      });
    checkDeleteFilter(selection);
    // Those of this moment: what is written meanwhile stays.
    const upTo = await this.reading(name, async (_, { sequence }) => sequence);
    for (let deleted = 0; ; ) {
      const now = await this.#deletePart(name, selection, upTo);
      deleted += now;
      if (now < deletedAtOnce) return deleted;
    }
  }

  #deletePart(name: string, filter: Filter, upTo: number): Promise<number> {
    return this.writing(name, async (client, collection) => {
      const { items } = tablesOf(collection);
      const parameters = new Parameters();
      const types = await fieldTypes(client, collection);
      const condition = await filterSql(client, filter, { items, types, parameters });
      const sql = `SELECT i.id FROM ${items} i WHERE ${condition} AND i.sequence <= ${parameters.add(upTo)}::bigint
        LIMIT ${deletedAtOnce}`;
      const { rows } = await client.query<{ id: string }>(sql, parameters.values);
      return deleteItems(
        client,
        collection,
        rows.map(({ id }) => id),
        {},
      );
    });
  }

  get(name: string, id: string): Promise<Item> {
    return this.reading(name, async (client, collection) => itemOf(await itemRow(client, collection, id)));
  }

  list(name: string, options: ListOptions = {}): Promise<ItemPage> {
    return this.reading(name, (client, collection) => listItems(client, collection, options));
  }

  ids(name: string, options: IdsOptions = {}): Promise<string[]> {
    return this.reading(name, (client, collection) => listIds(client, tablesOf(collection).items, options));
  }

  hashes(name: string, ids: readonly string[]): Promise<Map<string, string>> {
    return this.reading(name, (client, collection) => hashesOf(client, tablesOf(collection).items, ids));
  }

  firstMissing(name: string, ids: readonly string[]): Promise<string | undefined> {
    return this.reading(name, (client, collection) => firstMissing(client, tablesOf(collection).items, ids));
  }

  async vector(name: string, id: string): Promise<Float32Array> {
    return this.vectors(name, [id]);
  }

  vectors(name: string, ids: readonly string[]): Promise<Float32Array> {
    return this.reading(name, (client, collection) => readVectors(client, collection, ids));
  }

  image(name: string, id: string): Promise<StoredImage> {
    return this.reading(name, (client, collection) => readImage(client, collection, id));
  }

  picture(name: string, id: string): Promise<StoredPicture> {
    return this.reading(name, (client, collection) => describePicture(client, collection, id));
  }

  async *pictureParts(name: string, picture: StoredPicture): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for (let part = 0; part < picture.parts; part += 1) {
      const bytes = await this.reading(name, (client, collection) =>
        picturePart(client, collection, picture, part),
      );
      if (bytes === undefined)
        throw new SnapshelfError(
          'item-not-found',
          `The item of change ${picture.sequence} was deleted or replaced while its picture was read. Read it again.`,
        );
      yield bytes;
    }
  }

  thumbnail(name: string, id: string): Promise<StoredImage> {
    return this.reading(name, (client, collection) => readThumbnail(client, collection, id));
  }
}

const isIds = (selection: readonly string[] | Filter): selection is readonly string[] =>
  Array.isArray(selection);
