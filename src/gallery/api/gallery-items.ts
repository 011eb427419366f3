import type {
  CollectionModel,
  DeleteOptions,
  EngineItems,
  Filter,
  IdsOptions,
  Item,
  ItemInput,
  ItemPage,
  ItemUpdate,
  ListOptions,
  StoredImage,
  StoredPicture,
  UpdateOptions,
  UpdateResult,
  UpsertResult,
  WriteOptions,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { buffersOf, copyItem } from './copies.ts';
import type { GalleryCalls } from './operations.ts';

/** The items of an open data folder: the calls that write and read them. An item is found by its id as it is given, then by its NFC form. */
export abstract class GalleryItems implements EngineItems {
  /** @internal The performer of its operations, also for a process that works through this one. */
  readonly calls: GalleryCalls;

  protected constructor(calls: GalleryCalls) {
    this.calls = calls;
  }

  /** Lists the models of collections. */
  async models(): Promise<CollectionModel[]> {
    const infos = await this.calls.call('collections', []);
    const names = new Map(infos.map(({ modelId, modelName }) => [modelId, modelName]));
    return [...names].map(([id, name]) => ({ id, name }));
  }

  /**
   * Stores items in one transaction, replacing those of the same ids: all or none, durable and found by searches when it
   * resolves. Items that are there just so are left as they are.
   * @throws SnapshelfError `model-mismatch`, `id-invalid`, `item-invalid`, `field-type-mismatch`, `dimension-mismatch`,
   * `vector-invalid`, `item-changed`, `disk-full`.
   */
  async upsert(
    name: string,
    modelId: string,
    items: readonly ItemInput[],
    options: WriteOptions = {},
  ): Promise<UpsertResult> {
    const copies = items.map(copyItem);
    const transfer = copies.flatMap(buffersOf);
    return this.calls.call('upsert', [name, modelId, copies, options], { transfer });
  }

  /**
   * Changes fields of items in one transaction, and leaves their pictures, vectors and sequence numbers: all or none, durable
   * when it resolves.
   * @throws SnapshelfError `item-not-found`, `id-invalid`, `item-invalid`, `item-changed`, `field-type-mismatch`, `disk-full`.
   */
  update(name: string, updates: readonly ItemUpdate[], options: UpdateOptions = {}): Promise<UpdateResult> {
    return this.calls.call('update', [name, updates, options]);
  }

  /**
   * Deletes the items of those of the ids that exist, in one transaction; or those that a filter lets through, in several,
   * beside other calls. Durable when it resolves. Returns how many they were.
   * @throws SnapshelfError `id-invalid`, `filter-invalid`, `item-changed`.
   */
  delete(name: string, selection: readonly string[] | Filter, options: DeleteOptions = {}): Promise<number> {
    return this.calls.call('delete', [name, selection, options]);
  }

  /** Returns an item. @throws SnapshelfError `item-not-found`. */
  get(name: string, id: string): Promise<Item> {
    return this.calls.call('get', [name, id]);
  }

  /** Returns the whole picture. @throws SnapshelfError `item-not-found`, `image-not-stored`, `item-damaged`. */
  image(name: string, id: string): Promise<StoredImage> {
    return this.calls.call('image', [name, id]);
  }

  /**
   * Describes the picture without reading it; `pictureParts` reads it.
   * @throws SnapshelfError `item-not-found`, `image-not-stored`, `item-damaged`.
   */
  picture(name: string, id: string): Promise<StoredPicture> {
    return this.calls.call('picture', [name, id]);
  }

  /**
   * Yields the bytes of a picture that `picture` described, in parts of at most 256 KiB, each checked before it is handed out:
   * a reader takes the memory of one part, however slow it is.
   * @throws SnapshelfError `item-damaged`; `item-not-found` if the item was deleted or replaced meanwhile.
   */
  async *pictureParts(name: string, picture: StoredPicture): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for (let part = 0; part < picture.parts; part += 1) {
      const bytes = await this.calls.call('picturePart', [name, picture.sequence, part]);
      if (bytes === undefined)
        throw new SnapshelfError(
          'item-not-found',
          `The item of change ${picture.sequence} was deleted or replaced while its picture was read. Read it again.`,
        );
      yield bytes;
    }
  }

  /** Returns the thumbnail, a JPEG. @throws SnapshelfError `item-not-found`, `image-not-stored`. */
  thumbnail(name: string, id: string): Promise<StoredImage> {
    return this.calls.call('thumbnail', [name, id]);
  }

  /** Returns the raw vector, `float32[D]`. @throws SnapshelfError `item-not-found`. */
  vector(name: string, id: string): Promise<Float32Array> {
    return this.calls.call('vector', [name, id]);
  }

  /**
   * Returns the raw vectors of 0 to 1,000 items, `float32[N,D]` in the order of the ids.
   * @throws SnapshelfError `item-not-found`; RangeError for more ids.
   */
  vectors(name: string, ids: readonly string[]): Promise<Float32Array> {
    return this.calls.call('vectors', [name, ids]);
  }

  /**
   * Returns a page of items by id.
   * @throws SnapshelfError `filter-invalid`, `cursor-invalid`; RangeError for the limit.
   */
  list(name: string, options: ListOptions = {}): Promise<ItemPage> {
    return this.calls.call('list', [name, options]);
  }

  /**
   * Returns ids by rising code points, without their items: a page of them, which is the last one when it is shorter than its limit.
   * @throws RangeError for the limit.
   */
  ids(name: string, options: IdsOptions = {}): Promise<string[]> {
    return this.calls.call('ids', [name, options]);
  }

  /** Returns the hashes of the pictures, as they were sent, of those of the ids that exist. */
  hashes(name: string, ids: readonly string[]): Promise<Map<string, string>> {
    return this.calls.call('hashes', [name, ids]);
  }

  /** Returns the first of the ids that no item has; undefined if all are there. */
  firstMissing(name: string, ids: readonly string[]): Promise<string | undefined> {
    return this.calls.call('firstMissing', [name, ids]);
  }
}
