import { readFile, stat } from 'node:fs/promises';
import { invalid } from './failures.ts';

/** What Node reads in one piece, in bytes: more than ten times the largest network that the package knows. */
const maxFile = 2 ** 31 - 1;

/**
 * The bytes of a weights file.
 * @throws SnapshelfError `weights-invalid` when there is no such file or it is 2 GiB or more.
 */
export async function readWeightsFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > maxFile) throw new RangeError(`it has ${size} bytes, more than ${maxFile}`);
    return await readFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(`The weights file ${path} cannot be read: ${why}.`, cause);
  }
}
