import type { Lease } from './records/records.ts';

/**
 * The state that a write expects its item in: of one of these revisions, there at all (`any`), or not there (`none`). It is
 * checked in the transaction of the write.
 */
export type Expected = readonly string[] | 'any' | 'none';

/** Options of `Gallery.delete`. */
export interface DeleteOptions {
  /** The state that each of the ids has to be in (`item-changed`). Default: any. */
  readonly expected?: Expected | undefined;
}

/** Options of `Gallery.upsert` and `Gallery.update`. */
export interface WriteOptions extends DeleteOptions {
  /** True refuses a value whose type is not its field's (`field-type-mismatch`) before anything is stored. Default false. */
  readonly strict?: boolean | undefined;
  /**
   * Is checked with the write: nothing is stored for one that another process has by now (`lease-lost`). Only engines that keep records
   * give leases; others pass it over.
   */
  readonly lease?: Lease | undefined;
}
