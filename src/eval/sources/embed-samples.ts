import type { Sample } from '../../datasets/index.ts';
import type { Embedder } from '../../embed/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { sha256 } from '../../files/index.ts';
import { isPictureError, readPictureFile } from '../../image/index.ts';
import { pipeline } from '../../threads/index.ts';
import type { LabelledVectors } from '../types.ts';
import type { EmbeddingCache } from './embedding-cache.ts';

/** Options of `embedEach`. */
export interface EmbedEachOptions {
  /** Pictures in flight at once: enough to fill the embedder's batches. From 1, default 32. */
  readonly concurrency?: number | undefined;
  readonly cache?: EmbeddingCache | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The embedding of a sample. */
export interface EmbeddedSample {
  readonly sample: Sample;
  /** SHA-256 of the picture. */
  readonly hash: string;
  /** `float32[D]`. */
  readonly vector: Float32Array;
  /** True if it came from the cache. */
  readonly cached: boolean;
}

/** A sample whose picture cannot be embedded. */
export interface BadSample {
  readonly sample: Sample;
  readonly error: Error;
}

async function embedOne(
  embedder: Embedder,
  sample: Sample,
  { cache, signal }: EmbedEachOptions,
): Promise<EmbeddedSample> {
  signal?.throwIfAborted();
  const bytes = await readPictureFile(sample.path);
  const hash = sha256(bytes);
  const known = cache?.get(hash);
  if (known !== undefined) return { sample, hash, vector: known, cached: true };
  const { vector } = await embedder.embed(bytes, { signal, background: true });
  cache?.add(hash, vector);
  return { sample, hash, vector, cached: false };
}

/**
 * Embeds the pictures of samples and yields them in their order. A picture that cannot be read or decoded is yielded with
 * its error.
 * @throws SnapshelfError Of the embedder, for errors that are not a picture's fault.
 * @throws The reason of the signal once it is aborted.
 * @example
 * ```ts
 * import { Embedder } from 'snapshelf';
 * import { embedEach, readQueryGallery } from 'snapshelf/evaluate';
 *
 * await using embedder = await Embedder.open('lite0.onnx');
 * const { queries } = await readQueryGallery({ sources: ['photos'] });
 * for await (const { sample, ...rest } of embedEach(embedder, queries)) console.log(sample.id, 'error' in rest);
 * ```
 */
export async function* embedEach(
  embedder: Embedder,
  samples: Iterable<Sample>,
  options: EmbedEachOptions = {},
): AsyncGenerator<EmbeddedSample | BadSample> {
  const { concurrency = 32, signal } = options;
  const settle = (sample: Sample): Promise<EmbeddedSample | BadSample> =>
    embedOne(embedder, sample, options).catch((error: unknown) => {
      if (isPictureError(error)) return { sample, error };
      throw error;
    });
  for await (const outcome of pipeline(samples, concurrency, settle)) {
    signal?.throwIfAborted();
    yield outcome;
  }
}

/**
 * Makes the error for pictures that cannot be embedded; it names the first ten.
 * @param bad A name and the error of each.
 * @example
 * ```ts
 * import { badPictures } from 'snapshelf/evaluate';
 *
 * throw badPictures([{ name: 'mug.jpg', reason: 'The image has no bytes.' }]);
 * ```
 */
export function badPictures(
  bad: readonly { readonly name: string; readonly reason: string }[],
): SnapshelfError {
  const lines = bad.slice(0, 10).map(({ name, reason }) => `\n  ${name}: ${reason}`);
  return new SnapshelfError(
    'source-invalid',
    `These pictures cannot be embedded:${lines.join('')}\nThey are ${bad.length} in all. Mend them, or leave them out (skipBad).`,
  );
}

/** Options of `embedSamples`. */
export interface EmbedSamplesOptions extends EmbedEachOptions {
  /** Leaves out pictures that cannot be read instead of failing. Default false. */
  readonly skipBad?: boolean | undefined;
  /** Called after every picture. */
  readonly onPicture?: (() => void) | undefined;
}

/** Vectors of samples, and the samples left out. */
export interface EmbeddedSamples {
  readonly vectors: LabelledVectors;
  /** The sample of each row. */
  readonly samples: readonly Sample[];
  /** Pictures that were left out, with reasons. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  /** Embeddings that came from the cache. */
  readonly cached: number;
}

/**
 * Embeds the pictures of samples.
 * @param samples Sorted by id.
 * @throws SnapshelfError `source-invalid` that names the unreadable pictures, after all were tried
 * @throws The reason of the signal once it is aborted.
 * @example
 * ```ts
 * import { Embedder } from 'snapshelf';
 * import { embedSamples, readQueryGallery } from 'snapshelf/evaluate';
 *
 * await using embedder = await Embedder.open('lite0.onnx');
 * const { queries } = await readQueryGallery({ sources: ['photos'] });
 * const { vectors } = await embedSamples(embedder, queries);
 * ```
 */
export async function embedSamples(
  embedder: Embedder,
  samples: readonly Sample[],
  options: EmbedSamplesOptions = {},
): Promise<EmbeddedSamples> {
  const { dimension } = embedder.info;
  const vectors = new Float32Array(samples.length * dimension);
  const kept: Sample[] = [];
  const hashes: string[] = [];
  const skipped: { path: string; reason: string }[] = [];
  let cached = 0;
  for await (const outcome of embedEach(embedder, samples, options)) {
    options.onPicture?.();
    if ('error' in outcome) {
      skipped.push({ path: outcome.sample.path, reason: outcome.error.message });
      continue;
    }
    vectors.set(outcome.vector, kept.length * dimension);
    kept.push(outcome.sample);
    hashes.push(outcome.hash);
    if (outcome.cached) cached += 1;
  }
  if (skipped.length > 0 && (!options.skipBad || kept.length === 0))
    throw badPictures(skipped.map(({ path, reason }) => ({ name: path, reason })));
  return {
    vectors: {
      vectors: vectors.subarray(0, kept.length * dimension),
      dimension,
      ids: kept.map(({ id }) => id),
      labels: kept.map(({ label }) => label),
      hashes,
    },
    samples: kept,
    skipped,
    cached,
  };
}
