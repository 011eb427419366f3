import type { Json, Lease, Split, WidenedField } from '../engine/index.ts';
import type { SnapshelfError } from '../errors.ts';

/** A picture on disk, with the fields of its item. Where the item is there, it keeps what is undefined here. */
export interface ImportSample {
  readonly id: string;
  readonly path: string;
  /** Class of the picture. */
  readonly label?: string | undefined;
  /** Id of the product that the picture shows. */
  readonly productId?: string | undefined;
  /** Id of the product of an item that is new, if `productId` is undefined. Default: the item's id. */
  readonly newProductId?: string | undefined;
  readonly split?: Split | undefined;
  /** Other keys of an item that is there stay. */
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
}

/** Progress of an import. */
export interface ImportProgress {
  /** Pictures that were added, are unchanged or failed. */
  readonly done: number;
}

/** The items that an import removes because its source no longer has them. */
export interface PruneOptions {
  /** Only items whose ids begin so, as those of one source do. Default: all of the collection. */
  readonly idPrefix?: string | undefined;
  /** The largest share of these items that may go, 0 to 1; more is refused. Default 0.5. */
  readonly mostShare?: number | undefined;
}

/** Columns that a source states for all of its samples: a sample without a value has none of it, whatever its item has. */
export interface StatedColumns {
  /** True if it states splits. */
  readonly split?: boolean | undefined;
  /** Keys of metadata. */
  readonly metadata?: readonly string[] | undefined;
}

/** Options of an import. */
export interface ImportOptions {
  /** Items per transaction, 1 or more. More are faster, but are done again after a crash. Default 64. */
  readonly batch?: number | undefined;
  /** Removes, at the end, the items that are not among the samples. Default: none. */
  readonly prune?: PruneOptions | undefined;
  /** Columns of the source. Default: nothing more than each sample has. */
  readonly columns?: StatedColumns | undefined;
  /** Refuses metadata whose type is not its field's, instead of making the field text. Default false. */
  readonly strict?: boolean | undefined;
  /** @internal The lease of a part of a job, which keeps a process that was silent for too long from writing. Default: none. */
  readonly lease?: Lease | undefined;
  /** Called after every picture. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Ends the import after the transaction under way. */
  readonly signal?: AbortSignal | undefined;
}

/** Ids that an import has to tell of. */
export interface NamedItems {
  readonly count: number;
  /** The first ten. */
  readonly first: readonly string[];
}

/** A picture that was not imported. */
export interface FailedSample {
  readonly id: string;
  readonly path: string;
  readonly error: SnapshelfError;
}

/** Result of an import. Every sample counts once. */
export interface ImportReport {
  /** Items that are new. */
  readonly added: number;
  /** Items of the same ids that had other pictures, which are gone. */
  readonly replaced: NamedItems;
  /** Items whose pictures were there and got other fields: nothing was embedded for them. */
  readonly updated: NamedItems;
  /** Items that were there with the same picture and fields. */
  readonly unchanged: number;
  /** Items that were removed because they are not among the samples. */
  readonly removed: NamedItems;
  /** Pictures that were not added, each with its error. */
  readonly failed: readonly FailedSample[];
  /** Metadata fields that became text, because values of two types were given. */
  readonly widened: readonly WidenedField[];
}
