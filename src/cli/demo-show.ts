import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Dataset, describeRemarks, readSource, type Sample } from '../datasets/index.ts';
import { SnapshelfError } from '../errors.ts';
import { readFileWithin, sha256, writeAtomically } from '../files/index.ts';
import { decodeImage, readPictureFile, thumbnail } from '../image/index.ts';
import { readModelFile } from '../model/index.ts';
import type { Retriever } from '../retrieval/index.ts';

/** The pictures that a demo shows. */
export interface Show {
  /** Name of their collection. */
  readonly collection: string;
  readonly samples: readonly Sample[];
  readonly columns?: Dataset['columns'];
  /** True for pictures of the user's own, which are kept between starts. */
  readonly isOwn: boolean;
}

const drawing = fileURLToPath(new URL('../demo/draw.js', import.meta.url));
/** Photographs that ship, with their sources and licences. */
const photographs = fileURLToPath(
  new URL('../../../src/demo/photographs/photographs.jsonl', import.meta.url),
);
const largestMarker = 10_000;

/** The collection of the drawn catalogue: none of the user's own is called so. */
const drawnName = 'demo';

/** A note beside a collection that the demo made, of what it shows: the path of pictures of one's own, or a hash of what was drawn. */
const markerOf = (data: string, collection: string): string => join(data, `${collection}.demo`);
const readMarker = (data: string, collection: string): Promise<string | undefined> =>
  readFileWithin(markerOf(data, collection), largestMarker).then(String, () => undefined);

const isDrawn = (marker: string): boolean => /^[0-9a-f]{64}$/.test(marker);

/** Draws the catalogue, in a process of its own, because this one blocks SVG, and adds the photographs. */
export async function drawnShow(data: string): Promise<Show> {
  const folder = join(data, 'pictures');
  if (!existsSync(folder)) console.log(`drawing the demo catalogue in ${folder} (first start only)`);
  await promisify(execFile)(process.execPath, [drawing, folder]);
  const drawn = await readSource(join(folder, 'catalogue.jsonl'));
  const taken = await readSource(photographs);
  // The photographs first: they are what a visitor looks for while the rest is indexed.
  const samples = [...taken.samples, ...drawn.samples];
  return { collection: drawnName, samples, columns: drawn.columns, isOwn: false };
}

/** Reads the pictures of a folder or manifest. Their collection is named after it. */
export async function ownShow(data: string, source: string, taken: readonly string[]): Promise<Show> {
  const dataset = await readSource(source);
  for (const line of describeRemarks(dataset)) console.log(line);
  const { samples, columns } = dataset;
  return { collection: await nameFor(data, source, taken), samples, columns, isOwn: true };
}

/** Returns the name of a source's collection: that which it had before, else one after its name that is free. */
async function nameFor(data: string, source: string, taken: readonly string[]): Promise<string> {
  const name =
    basename(resolve(source))
      .replace(/\.(csv|jsonl)$/i, '')
      .normalize('NFKD')
      .toLowerCase()
      .replace(/\p{Mn}/gu, '')
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^[-_]+|[-_]+$/g, '')
      .slice(0, 60) || 'pictures';
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (candidate === drawnName) continue;
    const shown = await readMarker(data, candidate);
    if (shown === resolve(source) || (shown === undefined && !taken.includes(candidate))) return candidate;
  }
}

/** Drops the collection of an earlier drawing. @throws SnapshelfError `collection-exists` if it has items that were not drawn. */
async function dropDrawn({ gallery }: Retriever, data: string, { collection, samples }: Show): Promise<void> {
  const drawn = new Set(samples.map(({ id }) => id));
  for (let after: string | undefined; ; ) {
    const page = await gallery.ids(collection, { after });
    const other = page.find((id) => !drawn.has(id));
    if (other !== undefined)
      throw new SnapshelfError(
        'collection-exists',
        `The collection "${collection}" in ${data} has to be drawn anew for this model, but has items that were not drawn, such as "${other}". Choose another --data, or delete them.`,
      );
    after = page.at(-1);
    if (after === undefined) break;
  }
  await gallery.drop(collection);
}

/**
 * Makes the collection of a show. That of the drawn catalogue is made anew if drawings or model have changed.
 * @throws SnapshelfError `collection-exists` if the demo did not make it; as `Retriever.createCollection`.
 */
export async function prepareCollection(
  retriever: Retriever,
  data: string,
  show: Show,
  source: string,
  model: string,
): Promise<void> {
  const { collection, samples, isOwn } = show;
  const drawn = async (): Promise<string> =>
    sha256(JSON.stringify([(await readModelFile(model)).id, samples.map(({ id, path }) => [id, path])]));
  const shown = isOwn ? resolve(source) : await drawn();
  const before = await readMarker(data, collection);
  const exists = (await retriever.gallery.collections()).some(({ name }) => name === collection);
  if (exists && (before === undefined || (!isOwn && !isDrawn(before))))
    throw new SnapshelfError(
      'collection-exists',
      `${data} has a collection "${collection}" that the demo did not draw. Choose another --data.`,
    );
  if (exists && !isOwn && before !== shown) await dropDrawn(retriever, data, show);
  // Not through a link that a folder from elsewhere may have in its place.
  await writeAtomically(markerOf(data, collection), shown);
  await retriever.createCollection(collection, { metric: 'cosine', model });
}

/**
 * Makes a picture to try a search with, which is none of the collection: a drawing that was kept out of it, or the middle
 * of a picture, as somebody who stands close sees it.
 */
export async function queryFor({ collection, samples, isOwn }: Show, data: string): Promise<string> {
  const path = samples[0]?.path;
  if (!isOwn || path === undefined) {
    const folder = join(data, 'pictures', 'queries');
    return join(folder, (await readdir(folder)).sort()[0] ?? '');
  }
  const crop = { unit: 'fractions', left: 0.15, top: 0.15, width: 0.7, height: 0.7 } as const;
  const pixels = await decodeImage(await readPictureFile(path), { crop });
  const query = join(data, `${collection}-query.jpg`);
  await writeAtomically(query, await thumbnail(pixels, 512));
  return query;
}
