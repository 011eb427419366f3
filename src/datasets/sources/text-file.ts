import { stat } from 'node:fs/promises';
import { readFileWithin } from '../../files/index.ts';
import { decodeUtf8 } from '../../text.ts';
import { invalidSource } from './invalid-source.ts';

/** The largest manifest or listing, in bytes: a million pictures with 250 bytes each. */
const largestText = 256 * 2 ** 20;

/**
 * Reads a UTF-8 file, without its byte order mark.
 *
 * @param kind - the beginning of an error message, such as `The manifest`
 * @throws SnapshelfError `source-invalid` if it cannot be read
 * @throws SnapshelfError `text-not-utf8` with the line
 */
export async function readText(kind: string, path: string): Promise<string> {
  const bytes = await readFileWithin(path, largestText).catch((cause: unknown) => {
    throw invalidSource(`${kind} ${path} cannot be read.`, { cause });
  });
  return decodeUtf8(bytes, `${kind} ${path}`);
}

/** Tells whether there is a file at a path. */
export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
