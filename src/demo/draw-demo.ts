import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { readFileWithin, renameDurably } from '../files/index.ts';
import { type Product, products, randomFor } from './catalogue.ts';
import { drawCatalogueView, drawQuery } from './views.ts';

/** Raised whenever the drawings change, so that pictures of an older release are replaced. */
const edition = '1';
const marker = 'edition';
const viewsPerProduct = 4;

/** The files that were drawn. */
export interface Demo {
  /** Path of the manifest of the catalogue's pictures. */
  readonly manifest: string;
  /** Folder with one photo-like picture per product, named by its id. */
  readonly queries: string;
  readonly products: number;
  readonly pictures: number;
}

/** Returns the line of the manifest for one picture. */
function manifestLine({ id, drawing, metadata }: Product, view: number): string {
  const path = `catalogue/${id}-${view}.jpg`;
  return JSON.stringify({ path, id: `${id}/${view}`, productId: id, label: drawing.kind, metadata });
}

async function drawProduct(product: Product, number: number, folder: string): Promise<void> {
  const views = Array.from({ length: viewsPerProduct }, (_, view) => view + 1);
  for (const view of views) {
    const picture = await drawCatalogueView(product, randomFor(number, view));
    await writeFile(join(folder, 'catalogue', `${product.id}-${view}.jpg`), picture);
  }
  const query = await drawQuery(product, randomFor(number, 0), number);
  await writeFile(join(folder, 'queries', `${product.id}.jpg`), query);
}

/** Draws products into a folder, with their manifest. The pictures are the same every time. */
export async function drawProducts(folder: string, drawn: readonly Product[]): Promise<void> {
  for (const part of ['catalogue', 'queries']) await mkdir(join(folder, part), { recursive: true });
  await Promise.all(drawn.map((product) => drawProduct(product, products.indexOf(product), folder)));
  const lines = drawn.flatMap((product) =>
    Array.from({ length: viewsPerProduct }, (_, view) => manifestLine(product, view + 1)),
  );
  await writeFile(join(folder, 'catalogue.jsonl'), lines.map((line) => `${line}\n`).join(''));
}

/** Returns the result of `read`, or `otherwise` if there is no such file or folder. */
async function unlessMissing<T>(read: Promise<T>, otherwise: T): Promise<T> {
  return await read.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return otherwise;
    throw error;
  });
}

/** True if there are pictures to replace. @throws SnapshelfError `source-invalid` if the folder holds something else. */
async function holdsDemo(folder: string): Promise<boolean> {
  const entries = await unlessMissing(readdir(folder), []);
  if (entries.length === 0 || entries.includes(marker)) return entries.length > 0;
  throw new SnapshelfError(
    'source-invalid',
    `${folder} holds files that are not the demo's: name a new or an empty folder for its pictures.`,
  );
}

async function drawAnew(folder: string, drawn: readonly Product[]): Promise<void> {
  const unfinished = `${folder}.drawing`;
  const outdated = `${folder}.drawing-outdated`;
  const replaces = await holdsDemo(folder);
  for (const left of [unfinished, outdated]) await rm(left, { recursive: true, force: true });
  await drawProducts(unfinished, drawn);
  await writeFile(join(unfinished, marker), edition);
  // Removed in one step: a folder that is half removed would look like somebody else's.
  if (replaces) await renameDurably(folder, outdated);
  else await unlessMissing(rmdir(folder), undefined);
  await renameDurably(unfinished, folder);
  await rm(outdated, { recursive: true, force: true });
}

/**
 * Draws the demo: a catalogue of products in several views, its manifest, and a photo-like query for each product.
 * A folder that has the demo already is kept. An interrupted run leaves nothing unfinished under the folder's name.
 * @param drawn the products, all by default
 * @throws SnapshelfError `source-invalid` if the folder holds something else.
 */
export async function drawDemo(directory: string, drawn: readonly Product[] = products): Promise<Demo> {
  const folder = resolve(directory);
  const present = await unlessMissing(readFileWithin(join(folder, marker), 1000).then(String), '');
  if (present !== edition) await drawAnew(folder, drawn);
  return {
    manifest: join(folder, 'catalogue.jsonl'),
    queries: join(folder, 'queries'),
    products: drawn.length,
    pictures: drawn.length * viewsPerProduct,
  };
}
