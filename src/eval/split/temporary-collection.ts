import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ItemInput } from '../../engine/index.ts';
import { openEngine, type StoredPrecision } from '../../engines/index.ts';
import { rowOf } from '../../vectors/index.ts';
import type { LabelledVectors, MetricChoice } from '../types.ts';
import type { SearchedCollection } from './search-stage.ts';

/** The facts about an item of the gallery besides its vector and label. */
export type ItemFacts = Pick<ItemInput, 'productId' | 'metadata' | 'split'>;

/** Options of `withTemporaryCollection`. */
export interface TemporaryOptions extends MetricChoice {
  readonly storedPrecision?: StoredPrecision | undefined;
  readonly factsOf?: ((id: string) => ItemFacts | undefined) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the vectors that the index holds. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const name = 'gallery';
const modelId = '0'.repeat(64);
const itemsAtOnce = 500;

/** Counts the bytes of the saved index of a collection of a data folder: a folder for each of its graphs. */
export async function indexBytes(data: string, collection: string): Promise<number> {
  const folder = join(data, 'collections', collection);
  const paths = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = paths
    .filter((path) => /(^|[\\/])index-\d+(\.\d+-of-\d+)?[\\/]/.test(path))
    .map(async (path) => {
      const found = await stat(join(folder, path)).catch(() => undefined);
      return found?.isFile() ? found.size : 0;
    });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/**
 * Puts the gallery into a collection of a temporary folder, waits for its index, calls `work`, and removes the folder.
 * @throws SnapshelfError as `Engine.upsert`: `id-invalid`, `item-invalid`, `disk-full`; the reason of the signal.
 */
export async function withTemporaryCollection<T>(
  items: LabelledVectors,
  options: TemporaryOptions,
  work: (place: SearchedCollection) => Promise<T>,
): Promise<{ readonly result: T; readonly indexBytes: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'snapshelf-split-'));
  try {
    const result = await searched(folder, items, options, work);
    return { result, indexBytes: await indexBytes(folder, name) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function searched<T>(
  folder: string,
  items: LabelledVectors,
  { metric, metricOptions, storedPrecision, factsOf, signal, onProgress }: TemporaryOptions,
  work: (place: SearchedCollection) => Promise<T>,
): Promise<T> {
  await using engine = await openEngine(folder, { storedPrecision });
  const { dimension } = items;
  await engine.create({ name, modelId, modelName: 'evaluated', dimension, metric, metricOptions });
  const count = items.ids.length;
  for (let start = 0; start < count; start += itemsAtOnce) {
    signal?.throwIfAborted();
    const rows = items.ids.slice(start, start + itemsAtOnce).map((id, at) => ({
      ...factsOf?.(id),
      id,
      label: items.labels[start + at] || undefined,
      vector: rowOf(items, start + at).slice(),
      imageHash: '',
    }));
    await engine.upsert(name, modelId, rows);
  }
  for (;;) {
    const { index } = await engine.info(name);
    onProgress?.(index.kind === 'flat' ? count : index.indexed, count);
    if (index.state === 'ready') break;
    await wait(50, undefined, { signal });
  }
  return await work({ engine, name, productOf: (id) => factsOf?.(id)?.productId ?? id });
}
