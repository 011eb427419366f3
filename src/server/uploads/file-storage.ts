import type { StorageEngine } from 'multer';
import { announcedBytes, GrowingBytes } from './json-body.ts';

/**
 * Creates a storage that joins the files of a form in memory as they arrive; multer's own does it at once at the end of
 * each.
 * @param most the most bytes of a file
 */
export const fileStorage = (most: number): StorageEngine => ({
  _handleFile(request, { stream, fieldname }, done): void {
    // The field `image` has the only file of its form, whose length then follows from that of the form.
    const bytes = new GrowingBytes(fieldname === 'image' ? announcedBytes(request) : undefined, most);
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
