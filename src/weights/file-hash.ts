import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { openFile } from '../files/index.ts';
import { invalid } from './failures.ts';

/**
 * SHA-256 of a file, in hexadecimal.
 * @throws SnapshelfError `weights-invalid` when there is no such file.
 */
export async function fileHash(path: string): Promise<string> {
  const { file } = await openFile(path, Number.MAX_SAFE_INTEGER).catch((cause: Error) => {
    throw invalid(`The file ${path} cannot be read: ${cause.message}.`, cause);
  });
  const hash = createHash('sha256');
  await pipeline(file.createReadStream(), hash);
  return hash.digest('hex');
}
