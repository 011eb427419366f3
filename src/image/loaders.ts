import sharp from 'sharp';

/**
 * sharp with every loader of libvips shut except those of the accepted formats, from memory. What is shut here stays
 * shut for the whole process: no SVG, PDF, TIFF or file on disk is ever opened on behalf of a picture. Locking closes
 * all loaders for a moment, so a worker thread that decodes starts before pictures come in, not while they do.
 */
export const lockedSharp: typeof sharp = lockLoaders();

function lockLoaders(): typeof sharp {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: [
      'VipsForeignLoadJpegBuffer',
      'VipsForeignLoadPngBuffer',
      'VipsForeignLoadWebpBuffer',
      'VipsForeignLoadHeifBuffer',
      'VipsForeignLoadNsgifBuffer',
    ],
  });
  // Pictures of strangers do not repeat, so libvips' operation cache would only hold memory.
  sharp.cache(false);
  // One thread per picture: many pictures run side by side on libuv's pool.
  sharp.concurrency(1);
  return sharp;
}
