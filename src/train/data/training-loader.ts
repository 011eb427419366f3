import { join } from 'node:path';
import { Loader, labelBatches } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { RunContext } from '../loop/run-stage.ts';
import { transformOf } from '../recipe/recipe-schema.ts';

/**
 * Opens the loader of a run's training pictures, as squares of `size` pixels.
 * @throws SnapshelfError `source-invalid` when they do not fill a batch, or some cannot be read.
 */
export async function openLoader({ config, data, options }: RunContext, size: number): Promise<Loader> {
  const { recipe, seed, skipBad } = config;
  const { batch, imagesPerLabel } = recipe;
  if (data.samples.length < batch)
    throw new SnapshelfError(
      'source-invalid',
      `${data.samples.length} pictures are fewer than one batch of ${batch}: take a smaller --batch, or more pictures.`,
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
