import type { Embedder } from '../../embed/index.ts';

/** Pictures that are embedded to time them. */
export const timedPictures = 32;

/**
 * Measures the milliseconds that a picture takes of several at once, decoding included: the least of three rounds.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { Embedder } from 'snapshelf';
 * import { timeEmbedding } from 'snapshelf/evaluate';
 *
 * await using embedder = await Embedder.open('lite0.onnx');
 * console.log(await timeEmbedding(embedder, [await readFile('mug.jpg')]));
 * ```
 */
export async function timeEmbedding(embedder: Embedder, pictures: readonly Uint8Array[]): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round += 1) {
    const started = performance.now();
    await Promise.all(pictures.map((picture) => embedder.embed(picture)));
    least = Math.min(least, (performance.now() - started) / pictures.length);
  }
  return least;
}
