/** Limits of one picture; all are inclusive. */
export interface ImageLimits {
  /** Encoded size in bytes. Default 20 MiB. */
  readonly maxBytes: number;
  /** Width x height of the first frame, read from the header before decoding. Default 50 megapixels. */
  readonly maxPixels: number;
  /**
   * Time that libvips may work on one picture, without waiting, in whole seconds from 1 to 3600. Default 10. libvips
   * checks the clock when a strip of output is done, so a picture made small in one strip is refused after the fact: the
   * work is bounded by `maxPixels` (50 megapixels: 0.3 s as JPEG, 0.5 s as PNG, 2 s as WebP, 3 s as AVIF).
   */
  readonly timeoutSeconds: number;
}

/** The default limits: 20 MiB, 50 megapixels, 10 seconds. Pictures of every phone and nearly every camera fit. */
export const defaultLimits: ImageLimits = {
  maxBytes: 20 * 1024 * 1024,
  maxPixels: 50_000_000,
  timeoutSeconds: 10,
};

/** Most pixels of a side: what decoders count with, whatever `maxPixels` allows. */
export const maxSide = 10_000_000;

/**
 * Bytes per pixel that the coefficients of a progressive JPEG take at most: all of them are in memory at once, besides the
 * pixels.
 */
export const progressiveBytes = 6;

/** Bytes of such coefficients at a time in this process: those of one picture of 50 megapixels, or of four of 12. */
export const maxCoefficientBytes = 300_000_000;
