import { stat } from 'node:fs/promises';
import { readFileWithin } from '../../files/index.ts';
import { invalidSource } from './invalid-source.ts';

/** The largest manifest or listing, in bytes: a million pictures with 250 bytes each. */
const largestText = 256 * 2 ** 20;

/**
 * Reads a UTF-8 file, without its byte order mark.
 *
 * @param kind - the beginning of an error message, such as `The manifest`
 * @throws SnapshelfError `source-invalid` if it cannot be read or is not UTF-8
 */
export async function readText(kind: string, path: string): Promise<string> {
  const bytes = await readFileWithin(path, largestText).catch((cause: unknown) => {
    throw invalidSource(`${kind} ${path} cannot be read.`, { cause });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalidSource(`${kind} ${path} is not UTF-8 text. Save it as UTF-8.`, { cause });
  }
}

/** Tells whether there is a file at a path. */
export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
