import type { Engine, Filter, Item } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { GrowingFile } from '../../files/index.ts';
import { VectorFileWriter } from '../../tensor/index.ts';
import { rowOf } from '../../vectors/index.ts';
import type { VectorItemFiles } from './import-vectors.ts';

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
const lineOf = ({ id, productId, label, split, metadata }: Item): string =>
  `${JSON.stringify({
    id,
    ...(productId !== id && { productId }),
    ...(label !== null && { label }),
    ...(split !== null && { split }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  })}\n`;

/** Returns the vectors of those of the items that are still there, with these items. */
async function vectorsOf(
  gallery: Engine,
  name: string,
  items: readonly Item[],
): Promise<{ readonly items: readonly Item[]; readonly vectors: readonly Float32Array[] }> {
  const ids = items.map(({ id }) => id);
  try {
    const vectors = await gallery.vectors(name, ids);
    const dimension = vectors.length / ids.length;
    return { items, vectors: ids.map((_, row) => rowOf({ vectors, dimension }, row)) };
  } catch (error) {
    if (!(error instanceof SnapshelfError) || error.code !== 'item-not-found') throw error;
    // One was deleted since the page was read.
    const missing = error.details?.['id'];
    return vectorsOf(
      gallery,
      name,
      items.filter(({ id }) => id !== missing),
    );
  }
}

/** Result of an export of vectors. */
export interface VectorExport {
  readonly items: number;
  /** Damaged items of the collection, which were left out. */
  readonly damaged: number;
}

/** Writes page after page. */
async function writePages(
  gallery: Engine,
  name: string,
  to: { readonly vectors: VectorFileWriter; readonly lines: GrowingFile },
  { filter, onProgress, signal }: ExportVectorsOptions,
): Promise<VectorExport> {
  let items = 0;
  for (let after: string | undefined; ; ) {
    signal?.throwIfAborted();
    const page = await gallery.list(name, { limit: pageItems, after, filter });
    const there = await vectorsOf(gallery, name, page.items);
    for (const vector of there.vectors) await to.vectors.append(vector);
    await to.lines.append(there.items.map(lineOf).join(''));
    items += there.items.length;
    onProgress?.({ done: items });
    if (page.next === null) return { items, damaged: page.damaged ?? 0 };
    after = page.next;
  }
}

/**
 * Writes the raw vectors and the items of a collection to files that `importVectors` reads, by rising id; see
 * `Retriever.exportVectors`. Each item is written as it is when its page is read.
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
  const vectors = await VectorFileWriter.create(files.vectors, dimension);
  const lines = await GrowingFile.create(files.items);
  try {
    const written = await writePages(gallery, name, { vectors, lines }, options);
    await vectors.finish();
    await lines.finish();
    return written;
  } catch (error) {
    await vectors.discard().catch(() => {});
    await lines.discard().catch(() => {});
    throw error;
  }
}
