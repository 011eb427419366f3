import type { SnapshelfError } from '../errors.ts';
import type { Metric } from '../vectors/index.ts';
import type { Capabilities } from './capabilities.ts';
import type {
  CollectionInfo,
  CollectionSettings,
  DamagedCollection,
  ReembeddingSettings,
} from './collection-types.ts';
import type { FacetsAnswer, FacetsOptions } from './facet-types.ts';
import type { Leftovers, LeftoversOptions } from './leftovers.ts';
import type { Lease, Records } from './records/records.ts';
import type { Filter, ItemPage, ListOptions, SearchAnswer, SearchOptions } from './search-types.ts';
import type { RestoredCollection, RestoreOptions, SnapshotReport } from './snapshot-types.ts';
import type {
  IdsOptions,
  Item,
  ItemInput,
  ItemUpdate,
  ReembeddedVector,
  StoredImage,
  StoredPicture,
  UpdateOptions,
  UpdateResult,
  UpsertResult,
} from './types.ts';
import type { DeleteOptions, WriteOptions } from './write-types.ts';

/** Makes the vectors of the last items of a re-embedding, of their pictures: null where none is stored. */
export type EmbedLast = (
  items: readonly { readonly item: Item; readonly image: Uint8Array | null }[],
) => Promise<ReembeddedVector[]>;

/** A model of collections. */
export interface CollectionModel {
  readonly id: string;
  readonly name: string;
}

/**
 * The place where collections are kept and searched: what LangChain and LlamaIndex call a vector store and Haystack a document store.
 * Everything above it knows this interface alone, whatever is behind it. An item is found by its id as it is given, then by its
 * NFC form. Calls reject with `collection-not-found` for a collection that is not there, `gallery-damaged` if it cannot be read,
 * and `engine-cannot` for what the engine does not declare.
 */
export interface Engine extends EngineItems, EngineReembedding, EngineDocuments {
  /** Its kind in a word, for messages: `embedded`. */
  readonly kind: string;
  readonly capabilities: Capabilities;
  /** The distances that its collections may have. */
  readonly metrics: readonly Metric[];
  /** False while this process takes no calls, though it may again; whether an engine elsewhere answers, `models` shows. */
  readonly isAlive: boolean;
  /** The records that all servers of it share. Undefined: it keeps none, and each server has those of its data folder. */
  readonly records?: Records | undefined;
  /** Resolves with the reason when it will take no calls any more; never otherwise. */
  readonly failed: Promise<SnapshelfError>;
  /** Lists the models of collections: the least that shows that it answers. */
  models(): Promise<CollectionModel[]>;
  /** Lists the collections that can be used, by name, with their counts. */
  collections(): Promise<CollectionInfo[]>;
  /** Lists the collections that cannot be used, by name: calls about them reject with that error, except `drop`. */
  damaged(): Promise<DamagedCollection[]>;
  /** Describes a collection, with its counts. */
  info(name: string): Promise<CollectionInfo>;
  /**
   * Makes a collection, or returns the one that has the same settings.
   * @throws SnapshelfError `collection-exists`, `id-invalid`, `too-many-collections`; TypeError or RangeError for other settings.
   */
  create(settings: CollectionSettings): Promise<CollectionInfo>;
  /** Removes a collection and all that it holds, also a damaged one. */
  drop(name: string): Promise<void>;
  /**
   * Finds the nearest items or products. Searches that are asked for together may be done together.
   * @throws SnapshelfError `dimension-mismatch`, `vector-invalid`, `filter-invalid`, `cursor-invalid`, `model-mismatch`;
   * RangeError for options out of range; the signal's reason.
   */
  search(name: string, vector: Float32Array, options?: SearchOptions): Promise<SearchAnswer>;
  /**
   * Counts the values of fields, of the items that a filter lets through or of the nearest of a query.
   * @throws SnapshelfError `filter-invalid`, `dimension-mismatch`, `vector-invalid`; RangeError for options out of range;
   * the signal's reason.
   */
  facets(name: string, options: FacetsOptions): Promise<FacetsAnswer>;
  /** Writes a collection into one file, which appears whole or not at all. @throws SnapshelfError `disk-full`, `not-writable`. */
  snapshot(name: string, path: string): Promise<SnapshotReport>;
  /**
   * Makes a collection from a snapshot, which may come from anywhere.
   * @throws SnapshelfError `snapshot-invalid` (nothing was restored), `collection-exists`, `disk-full`, `not-writable`.
   */
  restore(name: string, path: string, options?: RestoreOptions): Promise<RestoredCollection>;
  /**
   * Counts what it holds that nothing names, and removes it if that is asked for. An engine without it leaves nothing behind.
   * @throws the signal's reason.
   */
  leftovers?(options?: LeftoversOptions): Promise<Leftovers>;
  /**
   * Tells how many milliseconds searches are behind writes, of an engine that searches elsewhere than it writes; undefined where nobody
   * knows. An engine that has it not searches where it writes.
   */
  lagMs?(): Promise<number | undefined>;
  /** Lets calls finish and lets go of what it holds. Later calls reject with `closed`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The items of an engine: the calls that write and read them. */
export interface EngineItems {
  /**
   * Stores items, replacing those of the same ids: all or none, and durable when it resolves. Items that are there just so are
   * left as they are.
   * @throws SnapshelfError `model-mismatch`, `id-invalid`, `item-invalid`, `field-type-mismatch`, `dimension-mismatch`,
   * `vector-invalid`, `item-changed`, `disk-full`.
   */
  upsert(
    name: string,
    modelId: string,
    items: readonly ItemInput[],
    options?: WriteOptions,
  ): Promise<UpsertResult>;
  /**
   * Changes fields of items and leaves their pictures and vectors: all or none, and durable when it resolves.
   * @throws SnapshelfError `item-not-found`, `id-invalid`, `item-invalid`, `item-changed`, `field-type-mismatch`, `disk-full`.
   */
  update(name: string, updates: readonly ItemUpdate[], options?: UpdateOptions): Promise<UpdateResult>;
  /**
   * Deletes those of the ids that exist, all or none; or what a filter lets through, in parts. Returns how many they were.
   * @throws SnapshelfError `id-invalid`, `filter-invalid`, `item-changed`.
   */
  delete(name: string, selection: readonly string[] | Filter, options?: DeleteOptions): Promise<number>;
  /** Returns an item. @throws SnapshelfError `item-not-found`. */
  get(name: string, id: string): Promise<Item>;
  /** Returns a page of items by id. @throws SnapshelfError `filter-invalid`, `cursor-invalid`; RangeError for the limit. */
  list(name: string, options?: ListOptions): Promise<ItemPage>;
  /** Returns a page of ids by rising code points, the last one when it is shorter than its limit. @throws RangeError. */
  ids(name: string, options?: IdsOptions): Promise<string[]>;
  /** Returns the hashes of the pictures, as they were sent, of those of the ids that exist. */
  hashes(name: string, ids: readonly string[]): Promise<Map<string, string>>;
  /** Returns the first of the ids that no item has; undefined if all are there. */
  firstMissing(name: string, ids: readonly string[]): Promise<string | undefined>;
  /** Returns the raw vector, `float32[D]`. @throws SnapshelfError `item-not-found`. */
  vector(name: string, id: string): Promise<Float32Array>;
  /** Returns the raw vectors of 0 to 1,000 items, `float32[N,D]` in the order of the ids. @throws SnapshelfError `item-not-found`; RangeError. */
  vectors(name: string, ids: readonly string[]): Promise<Float32Array>;
  /** Returns the whole picture. @throws SnapshelfError `item-not-found`, `image-not-stored`, `item-damaged`. */
  image(name: string, id: string): Promise<StoredImage>;
  /** Describes the picture; `pictureParts` reads it. @throws SnapshelfError `item-not-found`, `image-not-stored`, `item-damaged`. */
  picture(name: string, id: string): Promise<StoredPicture>;
  /**
   * Yields the bytes of a picture that `picture` described, in parts of at most 256 KiB, each checked before it is handed out.
   * @throws SnapshelfError `item-damaged`; `item-not-found` if the item was deleted or replaced meanwhile.
   */
  pictureParts(name: string, picture: StoredPicture): AsyncGenerator<Uint8Array<ArrayBuffer>, void>;
  /** Returns the thumbnail, a JPEG. @throws SnapshelfError `item-not-found`, `image-not-stored`. */
  thumbnail(name: string, id: string): Promise<StoredImage>;
}

/**
 * The change of a collection's model, beside its searches: new vectors are stored beside the old ones, and take their place at once.
 * With a lease, which is checked with each write, a server that was silent for too long changes nothing any more: `lease-lost`.
 */
export interface EngineReembedding {
  /** Begins, or goes on with the vectors of the same model that an earlier process left. @throws SnapshelfError `collection-busy`. */
  beginReembedding(name: string, settings: ReembeddingSettings, lease?: Lease): Promise<void>;
  /** Returns at most `limit` items that have no vector of the new model, among them those that changed meanwhile. */
  itemsToReembed(name: string, limit: number): Promise<Item[]>;
  /** Stores new vectors; those of items that have changed since `sequence` are dropped. */
  storeReembedded(name: string, vectors: readonly ReembeddedVector[], lease?: Lease): Promise<void>;
  /**
   * Puts the new vectors in the place of the old ones at once. An engine that can asks `embedLast` for the few that are missing, while
   * nobody writes: otherwise there might always be one more.
   * @throws SnapshelfError `collection-busy` while items have none.
   */
  commitReembedding(name: string, lease?: Lease, embedLast?: EmbedLast): Promise<CollectionInfo>;
  /** Drops the new vectors. Does nothing if there are none. */
  abortReembedding(name: string, lease?: Lease): Promise<void>;
}

/** Small documents that are kept with a collection, go into its snapshots, and go when it is dropped. `CollectionInfo.documents` names them. */
export interface EngineDocuments {
  /** Returns the document of a key, undefined if there is none. */
  document(name: string, key: string): Promise<string | undefined>;
  /**
   * Keeps a text as the document of a key, in the place of the one before, durably; undefined removes it. No sequence number is taken.
   * @throws SnapshelfError `item-invalid` for more than 2^20 characters, `disk-full`; TypeError.
   */
  setDocument(name: string, key: string, content: string | undefined): Promise<void>;
}
