import { createHash } from 'node:crypto';
import { isPictureError, readPictureFile, type Sample } from '../../datasets/index.ts';
import type { Embedder } from '../../embed/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { pipeline } from '../../threads/index.ts';
import type { LabelledVectors } from '../types.ts';
import type { EmbeddingCache } from './embedding-cache.ts';

/** How to embed samples. */
export interface EmbedSamplesOptions {
  /** Pictures in flight at once: enough to fill the embedder's batches. Default 32. */
  readonly concurrency?: number | undefined;
  /** Leave out pictures that cannot be read instead of failing. Default false. */
  readonly skipBad?: boolean | undefined;
  readonly cache?: EmbeddingCache | undefined;
  readonly signal?: AbortSignal | undefined;
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

interface Embedded {
  readonly hash: string;
  readonly vector: Float32Array;
  readonly cached: boolean;
}

async function embedOne(
  embedder: Embedder,
  { path }: Sample,
  { cache, signal }: EmbedSamplesOptions,
): Promise<Embedded> {
  signal?.throwIfAborted();
  const bytes = await readPictureFile(path);
  const hash = createHash('sha256').update(bytes).digest('hex');
  const known = cache?.get(hash);
  if (known !== undefined) return { hash, vector: known, cached: true };
  const { vector } = await embedder.embed(bytes, { signal, background: true });
  cache?.add(hash, vector);
  return { hash, vector, cached: false };
}

interface Outcome {
  readonly sample: Sample;
  readonly result: PromiseSettledResult<Embedded>;
}

function refuse(bad: readonly { readonly path: string; readonly reason: string }[]): never {
  const first = bad.slice(0, 10).map(({ path, reason }) => `  ${path}: ${reason}`);
  const more = bad.length > 10 ? `\n  and ${bad.length - 10} more` : '';
  throw new SnapshelfError(
    'source-invalid',
    `${bad.length} pictures cannot be embedded (--skip-bad leaves them out):\n${first.join('\n')}${more}`,
  );
}

/**
 * Embeds the pictures of samples, in order of id.
 * @throws SnapshelfError `source-invalid` that names the unreadable pictures, all of them being tried before; the
 * signal's reason when it aborts.
 */
export async function embedSamples(
  embedder: Embedder,
  samples: readonly Sample[],
  options: EmbedSamplesOptions = {},
): Promise<EmbeddedSamples> {
  const { dimension } = embedder.info;
  const vectors = new Float32Array(samples.length * dimension);
  const [kept, hashes]: [Sample[], string[]] = [[], []];
  const skipped: { path: string; reason: string }[] = [];
  let cached = 0;
  const settle = async (sample: Sample): Promise<Outcome> => {
    const [result] = await Promise.allSettled([embedOne(embedder, sample, options)]);
    return { sample, result };
  };
  for await (const { sample, result } of pipeline(samples, options.concurrency ?? 32, settle)) {
    options.signal?.throwIfAborted();
    options.onPicture?.();
    if (result.status === 'rejected') {
      if (!isPictureError(result.reason)) throw result.reason;
      skipped.push({ path: sample.path, reason: result.reason.message });
      continue;
    }
    vectors.set(result.value.vector, kept.length * dimension);
    kept.push(sample);
    hashes.push(result.value.hash);
    if (result.value.cached) cached += 1;
  }
  if (skipped.length > 0 && (!options.skipBad || kept.length === 0)) refuse(skipped);
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
