import { stat } from 'node:fs/promises';
import { readBenchmark } from './benchmarks/index.ts';
import type { ColumnType } from './columns.ts';
import { readFolder } from './folder.ts';
import { invalidSource } from './invalid-source.ts';
import { readManifest } from './manifest.ts';
import type { Dataset } from './sample.ts';

/** Options of reading a source. */
export interface ReadOptions {
  /** The types that a collection has fixed for its metadata: columns of CSV files are read as these. Default: none. */
  readonly fieldTypes?: ReadonlyMap<string, ColumnType> | undefined;
}

/**
 * Reads the pictures of a data set that `readBenchmark` knows, of a folder, or of a manifest (`.csv`, `.jsonl`), sorted by
 * id.
 *
 * @throws SnapshelfError `source-invalid`, `text-not-utf8`; for a manifest, `details.line` is the line
 */
export async function readSource(
  source: string,
  { fieldTypes = new Map() }: ReadOptions = {},
): Promise<Dataset> {
  const found = await stat(source).catch((cause: unknown) => {
    throw invalidSource(`There is no folder or manifest ${source}.`, { cause });
  });
  if (found.isDirectory()) return (await readBenchmark(source)) ?? readFolder(source);
  if (found.isFile() && /\.(csv|jsonl)$/i.test(source)) return readManifest(source, fieldTypes);
  throw invalidSource(
    `${source} is neither a folder nor a manifest. Give a folder, a .csv file or a .jsonl file.`,
  );
}
