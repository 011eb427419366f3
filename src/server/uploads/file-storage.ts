import type { StorageEngine } from 'multer';
import { announcedBytes, GrowingBytes } from './json-body.ts';

/**
 * Creates a storage that joins the files of a form in memory as they arrive; multer's own does it at once at the end of
 * each.
 * @param most the most bytes of a file
 * @param isOnlyOne true if the form has one file, whose length then follows from that of the form
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
