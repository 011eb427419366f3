import type { StorageEngine } from 'multer';
import { announcedBytes, GrowingBytes } from './json-body.ts';

/**
 * Keeps the files of a form in memory, put together as they come: multer's own does it at the end of each, all at once.
 * @param most Bytes of a file.
 * @param isOnlyOne Whether the form has one file, so that its length tells that of the file.
 */
export const fileStorage = (most: number, isOnlyOne: boolean): StorageEngine => ({
  _handleFile(request, { stream }, done): void {
    const bytes = new GrowingBytes(isOnlyOne ? announcedBytes(request) : undefined, most);
    stream.on('data', (chunk: Buffer) => bytes.add(chunk));
    stream.once('end', () => {
      const { buffer, byteOffset, byteLength } = bytes.end();
      done(null, { buffer: Buffer.from(buffer, byteOffset, byteLength), size: byteLength });
    });
  },
  _removeFile(_request, _file, done): void {
    done(null);
  },
});
