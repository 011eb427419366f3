/** What one picture may cost. All are inclusive. */
export interface ImageLimits {
  /** Encoded size in bytes. */
  readonly maxBytes: number;
  /** Width x height of the first frame, read from the header before anything is decoded. */
  readonly maxPixels: number;
  /**
   * Time that libvips may work on one picture, in whole seconds from 1 to 3600, waiting not counted. libvips looks at
   * the clock when a strip of output is done, so a picture made small in one strip is refused after the fact: what
   * bounds the work is `maxPixels` (50 megapixels: 0.3 s as JPEG, 0.5 s as PNG, 2 s as WebP, 3 s as AVIF).
   */
  readonly timeoutSeconds: number;
}

/** 20 MiB, 50 megapixels, 10 seconds: every phone and nearly every camera fits. */
export const defaultLimits: ImageLimits = {
  maxBytes: 20 * 1024 * 1024,
  maxPixels: 50_000_000,
  timeoutSeconds: 10,
};

/**
 * Pixels that a progressive JPEG may have: all its coefficients are held in memory at once (some 6 bytes a pixel
 * besides the pixels), and every scan of the file goes through all of them again.
 */
export const maxProgressivePixels = 20_000_000;
