import { SnapshelfError } from '../../errors.ts';
import { openFile } from '../../files/index.ts';

const chunkBytes = 2 ** 20;

/**
 * Yields the lines of a file, without their ends, in the memory of a chunk and a line.
 * @param most bytes of a line at most
 * @throws SnapshelfError `source-invalid` if the file cannot be read or a line is longer.
 */
export async function* linesOfFile(path: string, most: number): AsyncGenerator<Uint8Array, void> {
  const opened = openFile(path, Number.MAX_SAFE_INTEGER);
  const { file } = await opened.catch((cause: Error) => {
    throw new SnapshelfError('source-invalid', `${path} cannot be read: ${cause.message}.`, { cause });
  });
  await using _ = file;
  let rest = Buffer.alloc(0);
  let line = 1;
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, position);
    position += bytesRead;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      yield bytes.subarray(start, end);
      line += 1;
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > most)
      throw new SnapshelfError('source-invalid', `${path}, line ${line} has more than ${most} bytes.`);
    if (bytesRead === 0) break;
  }
  if (rest.length > 0) yield rest;
}
