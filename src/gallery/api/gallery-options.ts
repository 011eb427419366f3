import { availableParallelism } from 'node:os';
import { checkOneOf, checkWhole } from '../../arguments.ts';
import type { Logger } from '../../log.ts';
import { type IndexEngine, indexEngines } from '../ann/manifest.ts';
import { precisions, type StoredPrecision } from '../memory/precision.ts';
import { maxScanThreads } from '../memory/vector-chunk.ts';
import type { ExactSearchLimits } from '../search/exact-search-limits.ts';
import type { GalleryCalls } from './operations.ts';

/** Default of `maxCollections`. */
export const defaultMaxCollections = 1000;
/** Default of `openCollections`. */
export const defaultOpenCollections = 32;

/** Returns the default of `indexThreads`. */
export const defaultIndexThreads = (): number => Math.min(4, availableParallelism());

/** Returns the default of `scanThreads`. */
export const defaultScanThreads = (): number => Math.min(availableParallelism(), maxScanThreads);

/** The most threads of indexes. */
export const maxIndexThreads = 64;

/** Numbers of threads beside the gallery's own. */
export interface GalleryThreads {
  /**
   * Threads that build and search indexes beside the gallery's own, each a part of every index, 0 to 64; 0 has the gallery's thread do
   * it. They start with the first collection that is large enough for an index. Default: one a core, at most 4.
   */
  readonly indexThreads?: number | undefined;
  /**
   * Threads that scan the vectors of exact searches, 0 to 16; they start with the first search of more than four million numbers. 0: the
   * gallery's own thread does it in slices, one query after the other. Default: as many as there are cores.
   */
  readonly scanThreads?: number | undefined;
}

/** Options of `Gallery.open`. */
export interface GalleryOptions extends GalleryThreads {
  /** Default: nothing is logged. */
  readonly log?: Logger | undefined;
  /** True only reads, beside a writer or without one, and takes no lock. Default false. */
  readonly readOnly?: boolean | undefined;
  /** True makes the folder if it does not exist. Default true. */
  readonly createIfMissing?: boolean | undefined;
  /** Collections that a data folder may have, 1 or more; making a further one is refused. Default 1,000. */
  readonly maxCollections?: number | undefined;
  /**
   * Collections that are open at a time, 1 or more, with four files and an index in memory each: the one that was not used for
   * longest is closed for another, and opened again when it is asked for. Default 32.
   */
  readonly openCollections?: number | undefined;
  /**
   * The library of the search index. Default: that of an index that is saved, and for a new one the first that loads of
   * `usearch` and `hnswlib`. With one named here, an index of the other is built anew.
   */
  readonly indexEngine?: IndexEngine | undefined;
  /**
   * The precision in which vectors stand in memory beside int8 codes of them: `float32` (5 bytes per number) or `int8`, the codes alone
   * (1 byte per number), with which the distances of candidates are computed from the database. Answers are the same. Default `float32`.
   */
  readonly storedPrecision?: StoredPrecision | undefined;
  /** @internal The main module of the thread; for tests. */
  readonly script?: URL | undefined;
  /** @internal A process that has the folder open, which performs the operations. Default: a thread of this one. */
  readonly calls?: GalleryCalls | undefined;
  /** @internal For tests: makes small collections behave like large ones. */
  readonly exactSearchLimits?: ExactSearchLimits | undefined;
}

/** Checks the options of `Gallery.open`. @throws RangeError or TypeError for one that is not accepted. */
export function checkGalleryOptions(options: GalleryOptions): void {
  checkWhole('maxCollections', options.maxCollections ?? 1, { from: 1 });
  checkWhole('openCollections', options.openCollections ?? 1, { from: 1 });
  checkWhole('indexThreads', options.indexThreads ?? 0, { from: 0, to: maxIndexThreads });
  checkWhole('scanThreads', options.scanThreads ?? 0, { from: 0, to: maxScanThreads });
  if (options.indexEngine !== undefined) checkOneOf('indexEngine', options.indexEngine, indexEngines);
  checkOneOf('storedPrecision', options.storedPrecision ?? 'float32', precisions);
}
