import { SnapshelfError } from '../../errors.ts';
import { readFileWithin } from '../../files/index.ts';

/**
 * Reads a text file of a run, or returns undefined if there is none.
 * @param limit the most bytes that it may have
 * @throws SnapshelfError `run-invalid` if it cannot be read.
 */
export async function readIfThere(path: string, limit: number): Promise<string | undefined> {
  try {
    return (await readFileWithin(path, limit)).toString();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SnapshelfError('run-invalid', `${path} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
