import { readFileWithin } from '../files/index.ts';
import { invalidSource } from './invalid-source.ts';

/** Bytes of a manifest or listing: a million pictures with 250 bytes each. */
const largestText = 256 * 2 ** 20;

/**
 * The text of a UTF-8 file, without its byte order mark.
 * @param what what to call it in an error: `The manifest`
 * @throws SnapshelfError `source-invalid`
 */
export async function readText(what: string, path: string): Promise<string> {
  const bytes = await readFileWithin(path, largestText).catch((cause: unknown) => {
    throw invalidSource(`${what} ${path} cannot be read`, { cause });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalidSource(`${what} ${path} is not UTF-8 text; save it as UTF-8`, { cause });
  }
}
