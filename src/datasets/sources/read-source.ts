import { stat } from 'node:fs/promises';
import { readBenchmark } from './benchmarks/index.ts';
import { readFolder } from './folder.ts';
import { invalidSource } from './invalid-source.ts';
import { readManifest } from './manifest.ts';
import type { Dataset } from './sample.ts';

/**
 * Reads the pictures of a data set that `readBenchmark` knows, of a folder, or of a manifest (`.csv`, `.jsonl`), sorted by
 * id.
 *
 * @throws SnapshelfError `source-invalid`; for a manifest, `details.line` is the line
 */
export async function readSource(source: string): Promise<Dataset> {
  const found = await stat(source).catch((cause: unknown) => {
    throw invalidSource(`There is no folder or manifest ${source}.`, { cause });
  });
  if (found.isDirectory()) return (await readBenchmark(source)) ?? readFolder(source);
  if (found.isFile() && /\.(csv|jsonl)$/i.test(source)) return readManifest(source);
  throw invalidSource(
    `${source} is neither a folder nor a manifest. Give a folder, a .csv file or a .jsonl file.`,
  );
}
