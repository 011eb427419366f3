import { createHash } from 'node:crypto';
import type { ItemInput } from '../../../src/engine/index.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import type { Gallery } from '../../../src/gallery/index.ts';

/** The number of items of `answeringItems`. */
export const count = 24;
/** The dimension of their vectors. */
export const dimension = 16;
/** Items with pictures, one of which has several parts. */
export function answeringItems(random: () => number): ItemInput[] {
  return Array.from({ length: count }, (_, i) => {
    const image = Buffer.from(Array.from({ length: i === 0 ? 300_000 : 3000 }, () => random() * 256));
    return {
      id: `item-${i}`,
      productId: `product-${i >> 1}`,
      label: i % 2 === 0 ? 'even' : 'odd',
      metadata: { price: i, text: 'lorem ipsum '.repeat(10) },
      vector: Float32Array.from({ length: dimension }, () => random() - 0.5),
      imageHash: createHash('sha256').update(image).digest('hex'),
      image,
      imageType: 'image/png',
      thumbnail: image.subarray(0, 1000),
    };
  });
}

/** Everything that a collection answers; an error of damage in the place of an answer that is refused. */
export async function answers(gallery: Gallery, name: string): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  const ask = async (what: string, call: () => Promise<unknown>): Promise<void> => {
    found.set(what, await call().catch((error: unknown) => error));
  };
  for (let i = 0; i < count; i++) {
    const id = `item-${i}`;
    await ask(`get ${i}`, () => gallery.get(name, id));
    await ask(`image ${i}`, () => gallery.image(name, id));
    await ask(`thumbnail ${i}`, () => gallery.thumbnail(name, id));
    await ask(`vector ${i}`, () => gallery.vector(name, id));
  }
  const query = Float32Array.from({ length: dimension }, (_, i) => i / dimension - 0.4);
  const pick = (group: 'item' | 'product', filter?: { readonly field: string; readonly equals: string }) =>
    gallery
      .search(name, query, { k: 10, group, ...(filter && { filter }) })
      .then(({ hits, damaged }) => ({ hits: hits.map(({ item, distance }) => [item, distance]), damaged }));
  await ask('search', () => pick('item'));
  await ask('products', () => pick('product'));
  await ask('filtered', () => pick('item', { field: 'label', equals: 'even' }));
  await ask('list', () => gallery.list(name, { limit: 100 }));
  await ask('hashes', () => gallery.hashes(name, ['item-3', 'item-4']));
  return found;
}

/** True for the error of something that is damaged. */
export const isRefusal = (value: unknown): boolean =>
  value instanceof SnapshelfError && ['item-damaged', 'gallery-damaged'].includes(value.code);
/** True for an answer that says that something was left out. */
export const saysDamaged = (value: unknown): boolean => Number(Object(value).damaged) > 0;
