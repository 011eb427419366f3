import { join } from 'node:path';
import { Loader, labelBatches } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { transformOf } from '../recipe/recipe-schema.ts';
import type { RunContext } from '../run-context.ts';

/**
 * Opens the loader of the training pictures of a run.
 * @param size side of the crops in pixels
 * @throws SnapshelfError `source-invalid` if they do not fill a batch, or some cannot be read; other errors of
 * `Loader.open`.
 */
export async function openLoader({ config, data, options }: RunContext, size: number): Promise<Loader> {
  const { recipe, seed, skipBad } = config;
  const { batch, imagesPerLabel } = recipe;
  if (data.samples.length < batch)
    throw new SnapshelfError(
      'source-invalid',
      `${data.samples.length} pictures are fewer than one batch of ${batch}. Take a smaller batch, or more pictures.`,
    );
  const sampler = (epoch: number, labels: Int32Array): Int32Array[] =>
    labelBatches(labels, batch / (imagesPerLabel ?? 1), imagesPerLabel ?? 1, seed, epoch);
  const { workers, cache, onRead } = options;
  return Loader.open(data.samples, {
    transform: { ...transformOf(recipe), size },
    batch,
    seed,
    workers,
    cache,
    cacheDir: join(options.out, 'cache'),
    skipBad,
    signal: options.signal,
    onProgress: onRead,
    ...(imagesPerLabel !== null && { sampler }),
  });
}
