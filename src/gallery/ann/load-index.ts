import { HnswIndex } from './hnsw-index.ts';
import { type ExpectedIndex, openIndexFiles } from './index-file.ts';

/**
 * Loads the index that `HnswIndex.save` wrote, with the last change that it holds. Returns a problem if there is none that
 * can be used, because it is missing, damaged or of other vectors or of another engine: it is to be built anew then.
 */
export function loadIndex(
  directory: string,
  expected: ExpectedIndex,
): { index: HnswIndex; sequence: number } | { problem: string } {
  try {
    const files = openIndexFiles(directory, expected);
    if ('problem' in files) return files;
    const index = HnswIndex.load(files);
    return 'problem' in index ? index : { index, sequence: files.manifest.sequence };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
