import type { CellEmbedder, Embedder } from '../../embed/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { pipeline } from '../../threads/index.ts';
import type { CroppedQueries } from '../ranking/measure-ranking.ts';
import type { LabelledVectors } from '../types.ts';
import type { EmbedSamplesOptions } from './embed-samples.ts';

/**
 * Embeds the subjects of the pictures of queries, as a search with the crop `auto` does.
 * @param read Reads the picture of a query by its row.
 * @returns their vectors, or the reason why there are none: a picture that is not stored
 * @throws SnapshelfError as `CellEmbedder.subject`; the reason of the signal once it is aborted.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { CellEmbedder, Embedder } from 'snapshelf';
 * import { embedSamples, embedSubjects, readQueryGallery } from 'snapshelf/evaluate';
 *
 * await using embedder = await Embedder.open('lite0.onnx');
 * await using cells = await CellEmbedder.open('lite0.onnx');
 * const { queries } = await readQueryGallery({ sources: ['photos'] });
 * const { vectors, samples } = await embedSamples(embedder, queries);
 * const read = (row: number) => readFile(samples[row]?.path ?? '');
 * const crop = await embedSubjects(embedder, cells, vectors, read);
 * console.log('missing' in crop ? crop.missing : crop.vectors.ids.length);
 * ```
 */
export async function embedSubjects(
  embedder: Embedder,
  cells: CellEmbedder,
  queries: LabelledVectors,
  read: (row: number) => Promise<Uint8Array>,
  { signal, onPicture }: Pick<EmbedSamplesOptions, 'signal' | 'onPicture'> = {},
): Promise<CroppedQueries> {
  const vectors = new Float32Array(queries.vectors.length);
  let milliseconds = 0;
  const one = async (row: number): Promise<void> => {
    signal?.throwIfAborted();
    const image = await read(row);
    const { crop, timings } = await cells.subject(image, { signal });
    const { vector } = await embedder.embed(image, { crop, signal, background: true });
    vectors.set(vector, row * queries.dimension);
    milliseconds += (timings.decodeMs + timings.inferenceMs) / queries.ids.length;
    onPicture?.();
  };
  try {
    // One looks for a subject while another is embedded.
    for await (const _ of pipeline(queries.ids.keys(), 2, one));
  } catch (error) {
    if (error instanceof SnapshelfError && error.code === 'image-not-stored')
      return { missing: error.message };
    throw error;
  }
  return { vectors: { ...queries, vectors }, milliseconds };
}
