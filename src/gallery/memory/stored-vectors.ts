import { SnapshelfError } from '../../errors.ts';
import { squaredNorm } from '../../vectors/index.ts';
import type { StoredVector } from '../storage/vector-table.ts';
import type { CacheBlock } from './vector-cache.ts';

/** The source of the vectors: `VectorTable`. */
export interface StoredVectors {
  /** Sequence numbers of vectors that were found damaged. */
  readonly damaged: Set<number>;
  /** The intact ones of at most `limit` vectors above that sequence number, rising, and the last one that was read. */
  intactAfter(
    sequence: number,
    limit: number,
  ): {
    readonly last: number | undefined;
    readonly vectors: readonly StoredVector[];
  };
  /** Returns the checksums of the vectors from one sequence number to another. */
  checksums(from: number, to: number): ReadonlyMap<number, number>;
  /** Returns the intact vectors of those sequence numbers. */
  get(sequences: readonly number[]): ReadonlyMap<number, Float32Array>;
}

/** A file that vectors are kept in between two starts, with the sequence numbers and checksums of rows. */
export interface KeptVectors {
  /** True if it is known to have the vectors of the database, as far as that has vectors of those sequence numbers. */
  readonly isKnown: boolean;
  /** Reads the rows in slices, and offers them to `adopt`, whose problem ends it. Returns the problem, undefined if it is right. */
  read(adopt: (block: CacheBlock, rows: number) => string | undefined): Generator<void, string | undefined>;
  /** Called when all of it was found to be right. */
  verified(): void;
  discard(): void;
}

/**
 * Checks a vector: only one that is no list of finite numbers has no distance, and would come anywhere in the order.
 * @throws SnapshelfError `gallery-damaged`.
 */
export function checkFinite(sequence: number, vector: Float32Array): void {
  if (!Number.isFinite(squaredNorm(vector)))
    throw new SnapshelfError('gallery-damaged', `The vector of change ${sequence} holds no finite numbers.`);
}
