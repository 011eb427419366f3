import { hashFile, readFileWithin } from '../files/index.ts';
import { invalid } from './failures.ts';

/** The largest file that Node reads in one piece, in bytes: more than ten times the largest known network. */
const maxFile = 2 ** 31 - 1;

const unreadable =
  (path: string) =>
  (cause: Error): never => {
    throw invalid(`The weights file ${path} cannot be read: ${cause.message}.`, cause);
  };

/**
 * Reads the bytes of a weights file.
 *
 * @throws SnapshelfError `weights-invalid` if there is no such file or it has 2 GiB or more
 */
export const readWeightsFile = (path: string): Promise<Uint8Array> =>
  readFileWithin(path, maxFile).catch(unreadable(path));

/**
 * Returns the SHA-256 of a weights file, in hexadecimal.
 *
 * @throws SnapshelfError `weights-invalid` if there is no such file
 */
export const hashWeightsFile = async (path: string): Promise<string> =>
  (await hashFile(path).catch(unreadable(path))).sha256;
