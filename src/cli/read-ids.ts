import { SnapshelfError } from '../errors.ts';
import { linesOf, readFileWithin } from '../files/index.ts';
import { asClause } from '../json/index.ts';
import { decodeUtf8 } from '../text.ts';

const largestFile = 256 * 2 ** 20;

/**
 * Reads the ids in a text file, one per line; empty lines are passed over.
 * @throws SnapshelfError `source-invalid` if it cannot be read, `text-not-utf8`.
 */
export async function readIds(path: string): Promise<string[]> {
  const bytes = await readFileWithin(path, largestFile).catch((cause: unknown) => {
    const { message } = cause as Error;
    throw new SnapshelfError('source-invalid', `${path} cannot be read: ${asClause(message)}.`, {
      cause,
    });
  });
  const ids = [...linesOf(decodeUtf8(bytes, path))].map(([line]) => line.replace(/\r$/, ''));
  return [...new Set(ids.filter((id) => id.trim() !== ''))];
}
