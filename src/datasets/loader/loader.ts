import { checkWhole } from '../../arguments.ts';
import { asClause } from '../../json/index.ts';
import type { CacheMode } from '../cache/cache-mode.ts';
import { cachePictures } from '../cache/picture-cache.ts';
import type { PictureStore, UnreadablePicture } from '../cache/picture-store.ts';
import { invalidSource, listSome } from '../sources/invalid-source.ts';
import { BatchMaker } from './batch-maker.ts';
import type { BatchOrder } from './batch-order.ts';
import { checkOptions, type LoaderOptions, type Sampler, type TrainSample } from './loader-options.ts';
import { shuffledBatches } from './sampler.ts';
import { holdsCrop, type TrainTransform } from './transform.ts';

/** A batch of an epoch. */
export interface Batch {
  /** `uint8[B,S,S,3]`, RGB. */
  readonly images: Uint8Array<ArrayBuffer>;
  /** `int64[B]`. */
  readonly labels: BigInt64Array<ArrayBuffer>;
  /** Its place in the epoch, from 0. */
  readonly index: number;
}

/** A picture that was left out. */
export interface SkippedPicture {
  readonly path: string;
  readonly reason: string;
}

/** Returns the pictures that were read but are too small for the transform. */
function tooSmall(store: PictureStore, transform: TrainTransform): UnreadablePicture[] {
  return [...store.width.entries()].flatMap(([index, width]) => {
    const height = store.height[index] ?? 0;
    if (width === 0 || holdsCrop(transform, { width, height })) return [];
    const { size } = transform;
    return [{ index, reason: `${width} x ${height} pixels do not hold a random crop of ${size} x ${size}` }];
  });
}

function checkBad(bad: readonly SkippedPicture[], total: number, skipBad: boolean): void {
  if (bad.length === 0 || (skipBad && bad.length < total)) return;
  const list = listSome(bad.map(({ path, reason }) => `${path}: ${asClause(reason)}`));
  throw invalidSource(`${bad.length} of ${total} pictures cannot be trained on: ${list}.`);
}

/**
 * Batches of pictures to train on, made ahead of time by worker threads. The content of a batch follows from the samples,
 * the options `transform`, `batch`, `seed` and `sampler`, and the epoch. It does not depend on the number of threads, the
 * cache or earlier epochs.
 */
export class Loader {
  /** Pictures that were left out, in the order of the samples. */
  readonly skipped: readonly SkippedPicture[];
  /** The place of resized pictures. */
  readonly cache: Exclude<CacheMode, 'auto'>;
  readonly #maker: BatchMaker;
  readonly #sampler: Sampler;
  readonly #prefetch: number;
  /** The places of the samples in the store, without those that were left out, and their labels. */
  readonly #places: Int32Array;
  readonly #labels: Int32Array;
  #iterating = false;

  private constructor(
    maker: BatchMaker,
    store: PictureStore,
    samples: readonly TrainSample[],
    skipped: ReadonlyMap<number, SkippedPicture>,
    options: LoaderOptions,
  ) {
    const { batch, seed, prefetch = 4 } = options;
    this.#maker = maker;
    this.#prefetch = prefetch;
    this.#sampler =
      options.sampler ?? ((epoch, labels) => shuffledBatches(labels.length, batch, seed, epoch));
    this.#places = Int32Array.from([...samples.keys()].filter((place) => !skipped.has(place)));
    this.#labels = this.#places.map((place) => samples[place]?.label ?? 0);
    this.skipped = [...skipped.values()];
    this.cache = store.mode;
  }

  /**
   * Starts the threads and reads every picture once, which fills the cache.
   *
   * @throws SnapshelfError `source-invalid` with the first ten pictures that cannot be trained on (with `skipBad` only if
   * that is all of them), `disk-full`, `not-writable`, `worker-died`
   * @throws RangeError or TypeError if an option is out of range
   */
  static async open(samples: readonly TrainSample[], options: LoaderOptions): Promise<Loader> {
    checkOptions(samples, options);
    if (samples.length === 0) throw invalidSource('There is no picture to train on.');
    // The threads come first: a starting thread blocks libvips' loaders for a moment.
    const maker = await BatchMaker.open(options.workers ?? 1, options.script);
    try {
      return await Loader.#fill(maker, samples, options);
    } catch (error) {
      await maker.close();
      throw error;
    }
  }

  static async #fill(
    maker: BatchMaker,
    samples: readonly TrainSample[],
    options: LoaderOptions,
  ): Promise<Loader> {
    const { transform, seed, cache = 'auto', cacheDir, memoryBudget, skipBad = false, signal } = options;
    const onProgress = (done: number, total: number): void => {
      signal?.throwIfAborted();
      options.onProgress?.(done, total);
    };
    const paths = samples.map(({ path }) => path);
    const { store, unreadable } = await cachePictures(paths, {
      mode: cache,
      resize: transform.resize,
      folder: cacheDir,
      memoryBudget,
      onProgress,
    });
    const bad = [...unreadable, ...tooSmall(store, transform)].sort((a, b) => a.index - b.index);
    const skipped = new Map(
      bad.map(({ index, reason }) => [index, { path: paths[index] ?? '', reason }] as const),
    );
    checkBad([...skipped.values()], paths.length, skipBad);
    await maker.prepare({ store, transform, seed });
    return new Loader(maker, store, samples, skipped, options);
  }

  /** The number of samples, without those that were left out. */
  get count(): number {
    return this.#places.length;
  }

  /** `int32[count]`: the labels of the samples, without those that were left out, in their order. */
  get labels(): Int32Array {
    return this.#labels.slice();
  }

  /**
   * Returns the number of batches of an epoch.
   *
   * @throws RangeError if the sampler asks for a sample that does not exist
   */
  batchesIn(epoch: number): number {
    return this.#batchesOf(epoch).length;
  }

  /**
   * Yields the batches of one epoch in order, from the batch `from` (default 0). Leaving the loop stops the threads. Only
   * one epoch can be iterated at a time.
   *
   * @throws RangeError if `epoch` or `from` is not a whole number from 0, or the sampler asks for a sample that does not
   * exist
   * @throws SnapshelfError while iterating: `worker-died`, `closed`; the error of reading a picture
   * @throws TypeError while iterating, if another epoch is being iterated
   */
  epoch(
    epoch: number,
    { from = 0 }: { readonly from?: number } = {},
  ): AsyncGenerator<Batch, void, undefined> {
    checkWhole('epoch', epoch, { from: 0 });
    checkWhole('from', from, { from: 0 });
    return this.#iterate(epoch, from, this.#batchesOf(epoch));
  }

  #batchesOf(epoch: number): Int32Array[] {
    const batches = this.#sampler(epoch, this.#labels);
    for (const batch of batches)
      for (const at of batch)
        if (at < 0 || at >= this.count)
          throw new RangeError(`The sampler asked for sample ${at} of ${this.count}.`);
    return batches;
  }

  async *#iterate(
    epoch: number,
    from: number,
    batches: readonly Int32Array[],
  ): AsyncGenerator<Batch, void, undefined> {
    if (this.#iterating) throw new TypeError('Another epoch of this loader is being iterated.');
    const run = this.#maker.begin();
    this.#iterating = true;
    const orders = this.#orders(run, epoch, from, batches);
    const order = (): void => {
      const next = orders.next();
      if (!next.done) this.#maker.order(next.value);
    };
    try {
      for (let ahead = 0; ahead < this.#prefetch; ahead++) order();
      for (let index = from; index < batches.length; index++) {
        const images = await this.#maker.take(index);
        order();
        yield { images, labels: this.#labelsOf(batches[index]), index };
      }
    } finally {
      this.#maker.end(run);
      this.#iterating = false;
    }
  }

  *#orders(
    run: number,
    epoch: number,
    from: number,
    batches: readonly Int32Array[],
  ): Generator<BatchOrder, void, undefined> {
    let start = 0;
    for (const [index, batch] of batches.entries()) {
      const pictures = batch.map((at) => this.#places[at] ?? -1);
      if (index >= from) yield { run, index, epoch, start, pictures };
      start += batch.length;
    }
  }

  #labelsOf(batch: Int32Array = new Int32Array()): BigInt64Array<ArrayBuffer> {
    return BigInt64Array.from(batch, (at) => BigInt(this.#labels[at] ?? 0));
  }

  /** Ends the threads; an epoch that is being iterated fails with `closed`. */
  close(): Promise<void> {
    return this.#maker.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
