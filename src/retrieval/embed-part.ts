import type { Embedder, Embedding } from '../embed/index.ts';
import type { CropBox } from '../image/index.ts';
import type { EmbedderPool } from './embedder-pool.ts';
import type { CropChoice } from './types.ts';

/** The embedding of a part of a picture, and the box of it where that was found automatically. */
export interface PartEmbedding extends Embedding {
  readonly crop?: CropBox | undefined;
}

/** Adds the milliseconds of work that was done one after the other. */
const sumOf = (a: Embedding['timings'], b: Embedding['timings']): Embedding['timings'] => ({
  decodeMs: a.decodeMs + b.decodeMs,
  queueMs: a.queueMs + b.queueMs,
  inferenceMs: a.inferenceMs + b.inferenceMs,
});

/**
 * Embeds a picture or a part of it; with `auto`, first finds its subject.
 * @throws SnapshelfError `no-feature-map` with `auto`, else as `Embedder.embed`.
 */
export async function embedPart(
  embedders: EmbedderPool,
  embedder: Embedder,
  image: Uint8Array,
  { crop, signal }: { readonly crop?: CropChoice | undefined; readonly signal?: AbortSignal | undefined },
): Promise<PartEmbedding> {
  if (crop !== 'auto') return embedder.embed(image, { crop, signal });
  const cells = await embedders.cells(embedder.info.model);
  const subject = await cells.subject(image, { signal });
  const embedding = await embedder.embed(image, { crop: subject.crop, signal });
  return { ...embedding, crop: subject.crop, timings: sumOf(subject.timings, embedding.timings) };
}
