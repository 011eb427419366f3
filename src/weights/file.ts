import { readFileWithin } from '../files/index.ts';
import { invalid } from './failures.ts';

/** What Node reads in one piece, in bytes: more than ten times the largest network that the package knows. */
const maxFile = 2 ** 31 - 1;

/**
 * The bytes of a weights file.
 * @throws SnapshelfError `weights-invalid` when there is no such file or it is 2 GiB or more.
 */
export function readWeightsFile(path: string): Promise<Uint8Array> {
  return readFileWithin(path, maxFile).catch((cause: Error) => {
    throw invalid(`The weights file ${path} cannot be read: ${cause.message}.`, cause);
  });
}
