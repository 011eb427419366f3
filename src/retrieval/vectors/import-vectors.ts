import type { CollectionInfo, Engine, WidenedField } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { defaultLimits } from '../../image/index.ts';
import { shown } from '../../json/index.ts';
import { NpyFile } from '../../tensor/index.ts';
import { counted } from '../../text.ts';
import type { NamedItems } from '../import-types.ts';
import { NamedList } from '../named-list.ts';
import type { PictureContext } from '../prepare-item.ts';
import type { StoredItem } from '../store-items.ts';
import { type AddVectorsOptions, addVectors, rowsAtOnce } from './add-vectors.ts';
import { linesOfFile } from './line-file.ts';
import { readPicture } from './picture-folder.ts';
import {
  type BadLine,
  isBadLine,
  type LineItem,
  maxLineBytes,
  OnceOnly,
  type VectorItem,
  VectorItemReader,
} from './vector-items.ts';

/** Files to import: row i of the vectors belongs to the i-th line that is not blank. */
export interface VectorItemFiles {
  /** `.npy`: float32 or float16 `[N,D]`, little-endian, in C order (float64 is rounded). */
  readonly vectors: string;
  /** JSON Lines: `{"id": "…", "productId": …, "label": …, "split": …, "metadata": {…}, "image": "…"}`; all but the id may be left out. */
  readonly items: string;
  /** Folder of the pictures, where the lines name them. Default: pictures are left out. */
  readonly pictures?: string | undefined;
}

/** Options of an import of vectors. */
export interface ImportVectorsOptions extends AddVectorsOptions {
  /** Called after every transaction. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** @internal The way that pictures are read. Default: as those of an upload. */
  readonly pictureRules?: PictureRules | undefined;
}

/** A row that was not imported. */
export interface FailedRow {
  /** From 0. */
  readonly row: number;
  /** null where its line has none. */
  readonly id: string | null;
  readonly error: SnapshelfError;
}

/** Result of an import of vectors. Every row counts once. */
export interface VectorReport {
  readonly added: number;
  /** Items of the same ids that had another vector or other fields. */
  readonly replaced: NamedItems;
  readonly unchanged: number;
  /** The first 1,000 rows that failed. */
  readonly failed: readonly FailedRow[];
  /** All rows that failed. */
  readonly failures: number;
  /** Metadata fields that became text, because values of two types were given. */
  readonly widened: readonly WidenedField[];
  /** Sentences about what was read otherwise than written. */
  readonly notes: readonly string[];
}

const mostFailed = 1000;
/** Rows with pictures that are read, and stored, together. */
const picturesAtOnce = 16;

/** Yields the items of a file. */
async function* itemsOf(path: string, reader: VectorItemReader): AsyncGenerator<LineItem | BadLine, void> {
  for await (const line of linesOfFile(path, maxLineBytes)) {
    const item = reader.read(line);
    if (item !== undefined) yield item;
  }
}

/** Checks that the files belong together, and no id occurs twice. @throws SnapshelfError `source-invalid`, `dimension-mismatch`. */
async function checkFiles(
  files: VectorItemFiles,
  { rows, columns }: NpyFile,
  info: CollectionInfo,
): Promise<void> {
  if (columns !== info.dimension)
    throw new SnapshelfError(
      'dimension-mismatch',
      `${files.vectors} has vectors of ${counted(columns, 'number')}, but the collection ${info.name} takes ${info.dimension}.`,
      { details: { given: columns, expected: info.dimension } },
    );
  const once = new OnceOnly();
  let row = 0;
  for await (const item of itemsOf(files.items, new VectorItemReader())) {
    const before = isBadLine(item) ? undefined : once.earlier(item.id, row);
    if (before !== undefined)
      throw new SnapshelfError(
        'source-invalid',
        `${files.items} has the id ${shown((item as VectorItem).id)} twice, for the rows ${before} and ${row} (from 0). Nothing was stored: give each row its own.`,
      );
    row += 1;
  }
  if (row === rows) return;
  throw new SnapshelfError(
    'source-invalid',
    `${files.vectors} has ${counted(rows, 'vector')}, but ${files.items} ${counted(row, 'item')}. Nothing was stored: row i belongs to line i.`,
  );
}

/** The counts of an import under way. */
class Report {
  readonly #replaced = new NamedList();
  readonly #widened = new Map<string, WidenedField>();
  readonly #failed: FailedRow[] = [];
  #added = 0;
  #unchanged = 0;
  #failures = 0;

  count(row: number, item: VectorItem | BadLine, result: StoredItem | SnapshelfError): void {
    if (result instanceof SnapshelfError) {
      this.#failures += 1;
      if (this.#failed.length < mostFailed) this.#failed.push({ row, id: item.id, error: result });
    } else if (result.change === 'added') this.#added += 1;
    else if (result.change === 'unchanged') this.#unchanged += 1;
    else this.#replaced.add([result.item.id]);
  }

  widen(fields: readonly WidenedField[]): void {
    for (const field of fields) this.#widened.set(field.field, field);
  }

  done(notes: readonly string[]): VectorReport {
    return {
      added: this.#added,
      replaced: this.#replaced.named(),
      unchanged: this.#unchanged,
      failed: this.#failed,
      failures: this.#failures,
      widened: [...this.#widened.values()],
      notes,
    };
  }
}

/** The way that pictures are read. */
export type PictureRules = Pick<PictureContext, 'limits' | 'keepGps'>;

/** Reads the picture that a line names. One that cannot be read is a line that fails. */
async function withPicture(
  item: LineItem | BadLine,
  folder: string | undefined,
  context: PictureContext,
): Promise<VectorItem | BadLine> {
  if (isBadLine(item)) return item;
  const { image, ...fields } = item;
  if (image === undefined || folder === undefined) return fields;
  try {
    return { ...fields, picture: await readPicture(folder, image, context) };
  } catch (error) {
    if (!(error instanceof SnapshelfError)) throw error;
    return { id: item.id, problem: error.message };
  }
}

/**
 * Imports the vectors of a `.npy` file with the items of a JSON Lines file; see `Retriever.importVectors`. Both are read some
 * rows at a time, the items twice: that they belong together is known before anything is stored.
 * @throws SnapshelfError as `addVectors`; `source-invalid`, `dimension-mismatch`.
 * @throws unknown the signal's reason if it aborts.
 */
export async function importVectors(
  gallery: Engine,
  info: CollectionInfo,
  modelId: string,
  files: VectorItemFiles,
  given: ImportVectorsOptions = {},
): Promise<VectorReport> {
  const { onProgress, pictureRules = { limits: defaultLimits, keepGps: false }, ...options } = given;
  await using file = await NpyFile.open(files.vectors);
  await checkFiles(files, file, info);
  const report = new Report();
  const { pictures } = files;
  const reader = new VectorItemReader(pictures !== undefined);
  const most = pictures === undefined ? rowsAtOnce(info.dimension) : picturesAtOnce;
  const context = { ...pictureRules, priority: 'background', signal: options.signal } as const;
  let start = 0;
  let items: (LineItem | BadLine)[] = [];
  const write = async (): Promise<void> => {
    const vectors = await file.read(start, items.length);
    const whole = await Promise.all(items.map((item) => withPicture(item, pictures, context)));
    const rows = { items: whole, vectors };
    const { results, widened } = await addVectors(gallery, info, modelId, rows, options);
    report.widen(widened);
    for (const [i, result] of results.entries()) report.count(start + i, items[i] as VectorItem, result);
    start += items.length;
    items = [];
    onProgress?.({ done: start, total: file.rows });
  };
  for await (const item of itemsOf(files.items, reader)) {
    items.push(item);
    if (items.length === most) await write();
  }
  if (items.length > 0) await write();
  return report.done(reader.notes());
}
