import sharp from 'sharp';

/**
 * sharp with all loaders of libvips blocked except those of the accepted formats, from memory. They stay blocked for the
 * whole process: no SVG, PDF, TIFF or file on disk is ever opened on behalf of a picture. Locking closes all loaders for a
 * moment, so a worker thread that decodes must start before pictures come in.
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
  // Pictures from outside do not repeat, so libvips' operation cache would only hold memory.
  sharp.cache(false);
  // One thread per picture: many pictures run side by side on libuv's pool.
  sharp.concurrency(1);
  return sharp;
}
