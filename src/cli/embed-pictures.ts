import { homedir } from 'node:os';
import { join } from 'node:path';
import { Embedder } from '../embed/index.ts';
import {
  type EmbeddedSamples,
  EmbeddingCache,
  embedSamples,
  type QueryGallery,
  timedPictures,
  timeEmbedding,
} from '../eval/index.ts';
import { readPictureFile } from '../image/index.ts';
import type { ModelFile } from '../model/index.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import { showProgress } from './progress.ts';
import { cliLogger } from './run.ts';

/** The folder of embeddings, which outlive a run: a second report of the same pictures takes seconds. */
const defaultCache = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'snapshelf', 'embeddings');

/** The pictures of an evaluation under one model. */
export interface Embedded {
  readonly queries: EmbeddedSamples;
  readonly gallery: EmbeddedSamples | undefined;
  readonly model: ModelFile;
  /** Milliseconds per picture, where they were asked for. */
  readonly milliseconds: number | undefined;
}

function openCache(embedder: Embedder, { cache }: EvaluateOptions): EmbeddingCache | undefined {
  if (cache === false) return undefined;
  const { model, dimension, provider } = embedder.info;
  const folder = typeof cache === 'string' ? cache : defaultCache();
  return new EmbeddingCache(folder, `${model.id}-${provider}`, dimension);
}

/** Embeds all pictures with a model. */
export async function embedPictures(
  path: string,
  samples: QueryGallery,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Embedded> {
  await using embedder = await openEmbedder(path, options);
  using cache = openCache(embedder, options);
  const total = samples.queries.length + (samples.gallery?.length ?? 0);
  const progress = showProgress('embedding', total);
  let done = 0;
  const onPicture = (): void => progress.update(++done);
  const how = { cache, signal, onPicture, skipBad: options.skipBad, concurrency: 4 * options.batch };
  try {
    const queries = await embedSamples(embedder, samples.queries, how);
    const gallery = samples.gallery === null ? undefined : await embedSamples(embedder, samples.gallery, how);
    const timed = queries.samples.slice(0, timedPictures).map((one) => readPictureFile(one.path));
    const milliseconds = options.splitLoss
      ? await timeEmbedding(embedder, await Promise.all(timed))
      : undefined;
    return { queries, gallery, model: embedder.info.model, milliseconds };
  } finally {
    progress.stop();
    if (cache?.problem !== undefined) process.stderr.write(`warning: ${cache.problem}\n`);
  }
}

/** Opens the embedder of an evaluation. */
export const openEmbedder = (
  path: string,
  { provider, threads, batch, verbose }: EvaluateOptions,
): Promise<Embedder> =>
  Embedder.open(path, { provider, threads, maxBatch: batch, maxQueue: 8 * batch, log: cliLogger(verbose) });
