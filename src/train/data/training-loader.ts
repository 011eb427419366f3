import { join } from 'node:path';
import { balancedBatches, Loader, type LoaderOptions, labelBatches } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { counted } from '../../text.ts';
import { type Recipe, transformOf } from '../recipe/recipe-schema.ts';
import type { RunContext } from '../run-context.ts';

/** The sampler of a recipe; undefined for the loader's own, which shuffles. */
function samplerOf({ batch, imagesPerLabel: S, sampler }: Recipe, seed: number): LoaderOptions['sampler'] {
  if (S !== null) return (epoch, labels) => labelBatches(labels, batch / S, S, seed, epoch);
  if (sampler === 'shuffled') return undefined;
  return (epoch, labels) => balancedBatches(labels, batch, seed, epoch);
}

/**
 * Opens the loader of the training pictures of a run.
 * @param size side of the crops in pixels
 * @throws SnapshelfError `source-invalid` if they do not fill a batch, or some cannot be read; other errors of
 * `Loader.open`.
 */
export async function openLoader({ config, data, options }: RunContext, size: number): Promise<Loader> {
  const { recipe, seed, skipBad } = config;
  const { batch } = recipe;
  if (data.samples.length < batch)
    throw new SnapshelfError(
      'source-invalid',
      `${counted(data.samples.length, 'picture is', 'pictures are')} fewer than one batch of ${batch}. Take a smaller batch, or more pictures.`,
    );
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
    sampler: samplerOf(recipe, seed),
  });
}
