import { readFileWithin } from '../read-file.ts';
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

/** The lines of a text with their numbers from 1, one at a time: a list of them could be many times the text. */
export function* linesOf(text: string): Generator<readonly [line: string, number: number]> {
  let number = 0;
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf('\n', start);
    number += 1;
    yield [text.slice(start, end < 0 ? undefined : end), number];
    start = end < 0 ? text.length + 1 : end + 1;
  }
}
