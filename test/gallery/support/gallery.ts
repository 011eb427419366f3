import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { CollectionSettings } from '../../../src/engine/index.ts';
import { Gallery, type GalleryOptions } from '../../../src/gallery/index.ts';
import type { ExactSearchLimits } from '../../../src/gallery/search/exact-search-limits.ts';
import type { Metric } from '../../../src/vectors/index.ts';
import { settings as settingsOfContract } from '../../engine/support/contract-items.ts';

export { item, modelId } from '../../engine/support/contract-items.ts';

const tidying = new WeakMap<TestContext, (() => Promise<void>)[]>();

/** Does something after a test, before what was registered earlier: a folder goes after the gallery in it. `t.after` is the other way round. */
function finallyOf(t: TestContext, work: () => Promise<void>): void {
  const earlier = tidying.get(t);
  if (earlier !== undefined) return void earlier.unshift(work);
  const all = [work];
  tidying.set(t, all);
  t.after(async () => {
    for (const one of all) await one();
  });
}

/** A folder that is gone after the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'snapshelf-gallery-'));
  finallyOf(t, () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An open gallery in a folder of its own, closed after the test. */
export async function openGallery(
  t: TestContext,
  options: GalleryOptions & { readonly directory?: string } = {},
): Promise<Gallery> {
  const gallery = await Gallery.open(options.directory ?? (await temporaryFolder(t)), options);
  finallyOf(t, () => gallery.close());
  return gallery;
}

export const settings = (name: string, dimension: number, metric: Metric = 'cosine'): CollectionSettings => ({
  ...settingsOfContract(name, metric),
  dimension,
});

/** Sends every search through HNSW that may go there at all. */
export const eager: ExactSearchLimits = { collection: 0, filtered: 0, tail: 0, candidate: 0 };

/** Waits until the index holds every item. */
export async function indexed(gallery: Gallery, name: string): Promise<void> {
  for (;;) {
    const { index } = await gallery.info(name);
    if (index.state === 'ready') return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
