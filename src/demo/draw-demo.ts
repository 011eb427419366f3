import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rasterize } from '../image/rasterize.ts';
import { type Product, products, randomFor } from './catalogue.ts';
import { catalogueScene, queryScene, sceneSize } from './scene.ts';

/** Raised whenever the drawings change, so that what an older release drew is drawn anew. */
const edition = 1;
const viewsPerProduct = 4;
const size = { width: sceneSize, height: sceneSize } as const;

/** What was drawn. */
export interface Demo {
  /** Path of the manifest of the catalogue's pictures. */
  readonly manifest: string;
  /** Folder with one photo-like picture a product, named by its id. */
  readonly queries: string;
  readonly products: number;
  readonly pictures: number;
}

/** The line of the manifest for one picture. */
function manifestLine({ id, drawing, metadata }: Product, view: number): string {
  const path = join('catalogue', `${id}-${view}.jpg`);
  return JSON.stringify({ path, id: `${id}/${view}`, productId: id, label: drawing.kind, metadata });
}

async function drawProduct(product: Product, number: number, folder: string): Promise<void> {
  const views = Array.from({ length: viewsPerProduct }, (_, view) => view + 1);
  for (const view of views) {
    const picture = await rasterize(catalogueScene(product, randomFor(number, view)), {
      ...size,
      format: 'jpeg',
      quality: 90,
    });
    await writeFile(join(folder, 'catalogue', `${product.id}-${view}.jpg`), picture);
  }
  const photo = {
    ...size,
    format: 'jpeg',
    quality: 72,
    blur: 0.9,
    noise: { sigma: 7, seed: number },
  } as const;
  const query = await rasterize(queryScene(product, randomFor(number, 0)), photo);
  await writeFile(join(folder, 'queries', `${product.id}.jpg`), query);
}

/** Draws a number of products into a folder, with their manifest. The same pictures every time. */
export async function drawProducts(folder: string, drawn: readonly Product[]): Promise<void> {
  for (const part of ['catalogue', 'queries']) await mkdir(join(folder, part), { recursive: true });
  await Promise.all(drawn.map((product) => drawProduct(product, products.indexOf(product), folder)));
  const lines = drawn.flatMap((product) =>
    Array.from({ length: viewsPerProduct }, (_, view) => manifestLine(product, view + 1)),
  );
  await writeFile(join(folder, 'catalogue.jsonl'), lines.map((line) => `${line}\n`).join(''));
}

/**
 * Draws the demo: a catalogue of products in several views, its manifest, and a photo-like query for each product.
 * What is there already is kept. An interrupted run leaves nothing half done under the folder's name.
 */
export async function drawDemo(folder: string): Promise<Demo> {
  const marker = join(folder, 'edition');
  const present = await readFile(marker, 'utf8').catch(() => '');
  if (present.trim() !== String(edition)) {
    const unfinished = `${folder}.drawing`;
    await rm(unfinished, { recursive: true, force: true });
    await drawProducts(unfinished, products);
    await writeFile(join(unfinished, 'edition'), `${edition}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  }
  return {
    manifest: join(folder, 'catalogue.jsonl'),
    queries: join(folder, 'queries'),
    products: products.length,
    pictures: products.length * viewsPerProduct,
  };
}
