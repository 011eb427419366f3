import type {
  CollectionInfo,
  CollectionSettings,
  DeleteOptions,
  FacetsAnswer,
  FacetsOptions,
  Filter,
  IdsOptions,
  Item,
  ItemInput,
  ItemPage,
  ItemUpdate,
  ListOptions,
  ReembeddedVector,
  ReembeddingSettings,
  SearchAnswer,
  SearchOptions,
  StoredImage,
  StoredPicture,
  UpdateOptions,
  UpdateResult,
  UpsertResult,
  WriteOptions,
} from '../../engine/index.ts';
import type { SerializedError, SnapshelfError } from '../../errors.ts';
import type { LogFields, Logger } from '../../log.ts';
import type { Answer, Arguments, CallOptions } from '../../threads/index.ts';
import type { IndexEngine } from '../ann/manifest.ts';
import type { StoredPrecision } from '../memory/precision.ts';
import type { ExactSearchLimits } from '../search/exact-search-limits.ts';

/** The data folder that a gallery's thread is started with. */
export interface GallerySetup {
  readonly directory: string;
  readonly readOnly: boolean;
  readonly createIfMissing: boolean;
  readonly exactSearchLimits: ExactSearchLimits;
  readonly maxCollections: number;
  readonly openCollections: number;
  readonly indexEngine?: IndexEngine | undefined;
  readonly indexThreads: number;
  readonly scanThreads: number;
  readonly storedPrecision?: StoredPrecision | undefined;
}

/** A line of the log that the thread writes through its owner. */
export interface LogNotice {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: LogFields;
}

/** The operations of a gallery's thread: arguments and answers cross the border as structured clones. */
export interface Operations {
  collections(): CollectionInfo[];
  damaged(): { readonly name: string; readonly error: SerializedError }[];
  info(name: string): CollectionInfo;
  create(settings: CollectionSettings): CollectionInfo;
  drop(name: string): void;
  upsert(name: string, modelId: string, items: readonly ItemInput[], options: WriteOptions): UpsertResult;
  update(name: string, updates: readonly ItemUpdate[], options: UpdateOptions): UpdateResult;
  delete(name: string, selection: readonly string[] | Filter, options?: DeleteOptions): number;
  get(name: string, id: string): Item;
  image(name: string, id: string): StoredImage;
  picture(name: string, id: string): StoredPicture;
  /** Returns undefined when the item of that change is gone. */
  picturePart(name: string, sequence: number, part: number): Uint8Array<ArrayBuffer> | undefined;
  thumbnail(name: string, id: string): StoredImage;
  vector(name: string, id: string): Float32Array;
  vectors(name: string, ids: readonly string[]): Float32Array;
  list(name: string, options: ListOptions): ItemPage;
  ids(name: string, options: IdsOptions): string[];
  hashes(name: string, ids: readonly string[]): Map<string, string>;
  firstMissing(name: string, ids: readonly string[]): string | undefined;
  facets(name: string, options: Omit<FacetsOptions, 'signal'>): FacetsAnswer;
  search(name: string, vector: Float32Array, options: Omit<SearchOptions, 'signal'>): SearchAnswer;
  /** Returns the file to make a snapshot of. */
  databaseFile(name: string): string;
  /** Returns a folder to unpack a snapshot into, for a collection of a name that is free. */
  beginRestore(name: string): string;
  commitRestore(name: string, folder: string): CollectionInfo;
  beginReembedding(name: string, settings: ReembeddingSettings): void;
  itemsToReembed(name: string, limit: number): Item[];
  storeReembedded(name: string, vectors: readonly ReembeddedVector[]): void;
  commitReembedding(name: string): CollectionInfo;
  abortReembedding(name: string): void;
  document(name: string, key: string): string | undefined;
  setDocument(name: string, key: string, content: string | undefined): void;
}

/** Performs the operations of a gallery: its thread, or a process that has the folder open. */
export interface GalleryCalls {
  /** @throws the error of the operation. */
  call<K extends keyof Operations>(
    operation: K,
    given: Arguments<Operations[K]>,
    options?: CallOptions,
  ): Promise<Answer<Operations[K]>>;
  /** False while nobody performs them; undefined: always true. */
  readonly isAlive?: boolean;
  /** Resolves with the reason when nobody performs them any more, and nobody will. */
  readonly failed?: Promise<SnapshelfError>;
  close(): Promise<void>;
}

const operations: Readonly<Record<keyof Operations, true>> = {
  collections: true,
  damaged: true,
  info: true,
  create: true,
  drop: true,
  upsert: true,
  update: true,
  delete: true,
  get: true,
  image: true,
  picture: true,
  picturePart: true,
  thumbnail: true,
  vector: true,
  vectors: true,
  list: true,
  ids: true,
  hashes: true,
  firstMissing: true,
  search: true,
  facets: true,
  databaseFile: true,
  beginRestore: true,
  commitRestore: true,
  beginReembedding: true,
  itemsToReembed: true,
  storeReembedded: true,
  commitReembedding: true,
  abortReembedding: true,
  document: true,
  setDocument: true,
};

/** True for the name of an operation. */
export const isOperation = (name: string): name is keyof Operations => Object.hasOwn(operations, name);
