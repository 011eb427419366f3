import { hashFile, openFile, readFileWithin } from '../files/index.ts';
import { invalid } from './failures.ts';
import { pathOfWeights, shippedWeights } from './shipped.ts';

/** The largest file that Node reads in one piece, in bytes: more than ten times the largest known network. */
const maxFile = 2 ** 31 - 1;

const unreadable =
  (path: string) =>
  (cause: Error): never => {
    if ('code' in cause && cause.code === 'ENOENT' && !shippedWeights.has(path))
      throw invalid(
        `There is no weights file ${path}. The weights that ship are named ${[...shippedWeights.keys()].join(', ')}.`,
        cause,
      );
    throw invalid(`The weights file ${path} cannot be read: ${cause.message}.`, cause);
  };

/**
 * Reads the bytes of a weights file, or of shipped weights by their name.
 *
 * @throws SnapshelfError `weights-invalid` if there is no such file or it has 2 GiB or more
 */
export const readWeightsFile = (path: string): Promise<Uint8Array> =>
  readFileWithin(pathOfWeights(path), maxFile).catch(unreadable(path));

/**
 * Reads the first bytes of a weights file, at most `length` of them.
 *
 * @throws SnapshelfError `weights-invalid` if there is no such file or it has 2 GiB or more
 */
export async function readWeightsStart(path: string, length: number): Promise<Uint8Array> {
  const { file } = await openFile(pathOfWeights(path), maxFile).catch(unreadable(path));
  await using _ = file;
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0);
  return buffer.subarray(0, bytesRead);
}

/**
 * Returns the SHA-256 of a weights file, in hexadecimal.
 *
 * @throws SnapshelfError `weights-invalid` if there is no such file
 */
export const hashWeightsFile = async (path: string): Promise<string> =>
  (await hashFile(pathOfWeights(path)).catch(unreadable(path))).sha256;
