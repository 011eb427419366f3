import type { SerializedError } from '../../errors.ts';
import type { LogFields } from '../../log.ts';
import type { Thresholds } from '../search/exact-search-limits.ts';
import type {
  CollectionInfo,
  CollectionSettings,
  Item,
  ItemInput,
  ItemPage,
  ListOptions,
  ReplacementSettings,
  ReplacementVector,
  SearchAnswer,
  SearchOptions,
  StoredImage,
} from '../types.ts';

/** What the worker of a gallery is started with. */
export interface WorkerSettings {
  readonly directory: string;
  readonly readOnly: boolean;
  readonly createIfMissing: boolean;
  readonly thresholds: Thresholds;
}

/** What the worker can be asked, by name: arguments and answers cross the thread border as structured clones. */
export interface Operations {
  collections(): CollectionInfo[];
  damaged(): { readonly name: string; readonly error: SerializedError }[];
  info(name: string): CollectionInfo;
  create(settings: CollectionSettings): CollectionInfo;
  drop(name: string): void;
  upsert(name: string, modelId: string, items: readonly ItemInput[]): Item[];
  delete(name: string, ids: readonly string[]): number;
  get(name: string, id: string): Item;
  image(name: string, id: string): StoredImage;
  thumbnail(name: string, id: string): StoredImage;
  vector(name: string, id: string): Float32Array;
  list(name: string, options: ListOptions): ItemPage;
  hashes(name: string, ids: readonly string[]): Map<string, string>;
  firstMissing(name: string, ids: readonly string[]): string | undefined;
  search(name: string, vector: Float32Array, options: Omit<SearchOptions, 'signal'>): SearchAnswer;
  /** The file to make a snapshot of. */
  catalogueFile(name: string): string;
  /** A folder to unpack a snapshot into, for a collection of a name that is free. */
  beginRestore(name: string): string;
  commitRestore(name: string, folder: string): CollectionInfo;
  beginReplacement(name: string, settings: ReplacementSettings): void;
  replacementPending(name: string, limit: number): Item[];
  upsertReplacement(name: string, items: readonly ReplacementVector[]): void;
  commitReplacement(name: string): CollectionInfo;
  abortReplacement(name: string): void;
}

export type Operation = keyof Operations;

export type Request = {
  [K in Operation]: {
    readonly id: number;
    readonly operation: K;
    readonly parameters: Parameters<Operations[K]>;
  };
}[Operation];

/** Stops a request that is no longer wanted; it is not answered. */
export interface Cancellation {
  readonly cancel: number;
}

/** Saves and releases the lock; the last thing that is asked. */
export interface Closing {
  readonly id: number;
  readonly close: true;
}

export type ToWorker = Request | Cancellation | Closing;

/** `id` 0 answers the opening of the gallery itself. */
export type FromWorker =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SerializedError }
  | {
      readonly log: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: LogFields;
    };
