import { checkOneOf, checkWhole } from '../../arguments.ts';
import type { CacheMode } from '../cache/cache-mode.ts';
import { checkTransform, type TrainTransform } from './transform.ts';

/** A picture to train on, with the number of its class. */
export interface TrainSample {
  readonly path: string;
  /** A whole number from 0 to 2^31 - 1. */
  readonly label: number;
}

/** Returns the batches of an epoch as positions in `labels`, the labels of the samples that were not left out. */
export type Sampler = (epoch: number, labels: Int32Array) => Int32Array[];

/** Options of `Loader.open`. */
export interface LoaderOptions {
  readonly transform: TrainTransform;
  /** The number of samples per batch of the default sampler. */
  readonly batch: number;
  /** A whole number. The same seed gives the same batches. */
  readonly seed: number;
  /** The number of threads that make batches. Default 1. */
  readonly workers?: number | undefined;
  /** The place of resized pictures between epochs. Default `auto`. */
  readonly cache?: CacheMode | undefined;
  /** The folder of cache files, which is made if it is missing; required for `disk`. */
  readonly cacheDir?: string | undefined;
  /** The most bytes that `auto` keeps in memory. Default: a quarter of the free memory. */
  readonly memoryBudget?: number | undefined;
  /** True to leave unreadable pictures out instead of failing. Default false. */
  readonly skipBad?: boolean | undefined;
  /** The number of batches that are ready or being made, besides the one in use. Default 4. */
  readonly prefetch?: number | undefined;
  /** The sampler. Default `shuffledBatches`. */
  readonly sampler?: Sampler | undefined;
  /** Aborts the reading of the pictures while the loader opens. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each picture while the loader opens, with the total number of pictures. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** @internal The file that the threads run, for tests. */
  readonly script?: URL | undefined;
}

/** The modes of the cache. */
const cacheModes: readonly CacheMode[] = ['auto', 'memory', 'disk', 'none'];

/**
 * Checks the options and samples of a loader.
 *
 * @throws RangeError or TypeError if an option or a label is out of range
 */
export function checkOptions(samples: readonly TrainSample[], options: LoaderOptions): void {
  const { transform, batch, workers = 1, prefetch = 4, cache = 'auto', cacheDir } = options;
  checkTransform(transform);
  for (const [name, value] of Object.entries({ batch, workers, prefetch }))
    checkWhole(name, value, { from: 1 });
  checkWhole('seed', options.seed);
  checkOneOf('cache', cache, cacheModes);
  if (cache === 'disk' && cacheDir === undefined)
    throw new TypeError('cacheDir must name a folder for a cache on disk.');
  for (const { path, label } of samples)
    if (!Number.isInteger(label) || label < 0 || label > 0x7fffffff)
      throw new RangeError(`label must be a whole number from 0 to 2147483647, not ${label} (${path}).`);
}
