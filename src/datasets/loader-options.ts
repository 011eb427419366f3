import type { CacheMode } from './cache-mode.ts';
import { checkTransform, type TrainTransform } from './transform.ts';

/** A picture to train on and the number of its class. */
export interface TrainSample {
  readonly path: string;
  /** A whole number from 0 to 2^31 - 1. */
  readonly label: number;
}

/** The batches of an epoch, as positions in `labels`, the labels of the samples in play. */
export type Sampler = (epoch: number, labels: Int32Array) => Int32Array[];

/** Options of `Loader.open`. */
export interface LoaderOptions {
  readonly transform: TrainTransform;
  /** Samples of a batch of the default sampler. */
  readonly batch: number;
  /** A whole number: the same seed gives the same batches. */
  readonly seed: number;
  /** Threads that make batches, 1 by default. */
  readonly workers?: number | undefined;
  /** Where resized pictures are kept between epochs; `auto` by default. */
  readonly cache?: CacheMode | undefined;
  /** Folder of cache files, made when it is missing; needed for `disk`. */
  readonly cacheDir?: string | undefined;
  /** What `auto` may keep in memory, in bytes; a quarter of the memory that is free by default. */
  readonly memoryBudget?: number | undefined;
  /** Leave unreadable pictures out instead of failing. */
  readonly skipBad?: boolean | undefined;
  /** Batches that may lie ready or be in the making besides the one that was handed out; 4 by default. */
  readonly prefetch?: number | undefined;
  /** `shuffledBatches` by default. */
  readonly sampler?: Sampler | undefined;
  /** Ends the reading of the pictures when the loader is opened. */
  readonly signal?: AbortSignal | undefined;
  /** Called while every picture is read for the first time. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** @internal The file that the threads run; tests bring others. */
  readonly script?: URL | undefined;
}

function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${name} must be a whole number from 1, not ${value}`);
}

/** @throws RangeError or TypeError for options or labels out of range. */
export function checkOptions(samples: readonly TrainSample[], options: LoaderOptions): void {
  const { transform, batch, workers = 1, prefetch = 4, cache = 'auto', cacheDir } = options;
  checkTransform(transform);
  for (const [name, value] of Object.entries({ batch, workers, prefetch })) checkCount(name, value);
  if (!Number.isInteger(options.seed))
    throw new RangeError(`seed must be a whole number, not ${options.seed}`);
  if (!['auto', 'memory', 'disk', 'none'].includes(cache))
    throw new RangeError(`cache must be auto, memory, disk or none, not ${cache}`);
  if (cache === 'disk' && cacheDir === undefined)
    throw new TypeError('a cache on disk needs the folder to keep it in (cacheDir)');
  for (const { path, label } of samples)
    if (!Number.isInteger(label) || label < 0 || label > 0x7fffffff)
      throw new RangeError(`a label must be a whole number from 0 to 2147483647, not ${label} (${path})`);
}
