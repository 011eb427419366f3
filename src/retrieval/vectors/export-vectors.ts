import type { Engine, Filter, Item } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { GrowingFile } from '../../files/index.ts';
import { VectorFileWriter } from '../../tensor/index.ts';
import { pipeline } from '../../threads/index.ts';
import type { VectorItemFiles } from './import-vectors.ts';
import { makePictureFolder, writePicture } from './picture-folder.ts';
import { vectorsById } from './vectors-by-id.ts';

/** Options of an export of vectors. */
export interface ExportVectorsOptions {
  /** Only what it lets through. Default: all items. */
  readonly filter?: Filter | undefined;
  /** Called after every page of items. */
  readonly onProgress?: ((progress: { readonly done: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Items per page. */
const pageItems = 1000;

/** An item as a line of an import. */
const lineOf = ({ id, productId, label, split, metadata }: Item, image?: string): string =>
  `${JSON.stringify({
    id,
    ...(productId !== id && { productId }),
    ...(label !== null && { label }),
    ...(split !== null && { split }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(image !== undefined && { image }),
  })}\n`;

/** Result of an export of vectors. */
export interface VectorExport {
  readonly items: number;
  /** Damaged items of the collection, which were left out. */
  readonly damaged: number;
  /** Items whose picture was written. */
  readonly pictures: number;
  /** Items whose picture was left out: no folder was named for it, or it is damaged. */
  readonly picturesLeft: number;
}

interface Target {
  readonly vectors: VectorFileWriter;
  readonly lines: GrowingFile;
  readonly pictures: string | undefined;
}

/** Pictures that are read and written at a time. */
const picturesAtOnce = 8;

/** Writes the pictures of items into a folder. Returns the name of each there. */
async function writePictures(
  gallery: Engine,
  name: string,
  items: readonly Item[],
  folder: string,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const write = async ({ id }: Item): Promise<readonly [string, string] | undefined> => {
    try {
      return [id, await writePicture(folder, await gallery.image(name, id))];
    } catch (error) {
      const isGone = error instanceof SnapshelfError && /^(item|image)-/.test(error.code);
      if (!isGone) throw error;
      return undefined;
    }
  };
  const having = items.filter(({ hasImage }) => hasImage);
  for await (const one of pipeline(having, picturesAtOnce, write)) if (one !== undefined) names.set(...one);
  return names;
}

/** Writes page after page. */
async function writePages(
  gallery: Engine,
  name: string,
  to: Target,
  { filter, onProgress, signal }: ExportVectorsOptions,
): Promise<VectorExport> {
  let items = 0;
  let pictures = 0;
  let picturesLeft = 0;
  for (let after: string | undefined; ; ) {
    signal?.throwIfAborted();
    const page = await gallery.list(name, { limit: pageItems, after, filter });
    const ids = page.items.map(({ id }) => id);
    // One may have been deleted since the page was read.
    const vectors = await vectorsById(gallery, name, ids, ['item-not-found']);
    const there = page.items.filter(({ id }) => vectors.has(id));
    const names =
      to.pictures === undefined
        ? new Map<string, string>()
        : await writePictures(gallery, name, there, to.pictures);
    for (const vector of vectors.values()) await to.vectors.append(vector);
    await to.lines.append(there.map((item) => lineOf(item, names.get(item.id))).join(''));
    items += there.length;
    pictures += names.size;
    picturesLeft += there.filter(({ id, hasImage }) => hasImage && !names.has(id)).length;
    onProgress?.({ done: items });
    if (page.next === null) return { items, damaged: page.damaged ?? 0, pictures, picturesLeft };
    after = page.next;
  }
}

/**
 * Writes the raw vectors and the items of a collection to files that `importVectors` reads, by rising id, and its pictures where a folder is
 * named for them; see `Retriever.exportVectors`. Each item is written as it is when its page is read.
 * @throws SnapshelfError `collection-not-found`, `filter-invalid`, `item-damaged`, `disk-full`, `not-writable`.
 * @throws unknown the signal's reason if it aborts.
 */
export async function exportVectors(
  gallery: Engine,
  name: string,
  files: VectorItemFiles,
  options: ExportVectorsOptions = {},
): Promise<VectorExport> {
  const { dimension } = await gallery.info(name);
  if (files.pictures !== undefined) await makePictureFolder(files.pictures);
  const vectors = await VectorFileWriter.create(files.vectors, dimension);
  const lines = await GrowingFile.create(files.items);
  try {
    const written = await writePages(gallery, name, { vectors, lines, pictures: files.pictures }, options);
    await vectors.finish();
    await lines.finish();
    return written;
  } catch (error) {
    await vectors.discard().catch(() => {});
    await lines.discard().catch(() => {});
    throw error;
  }
}
