/** A decoded picture: `data` is `uint8[height,width,3]`, RGB (sRGB), row by row from the top left. */
export interface Pixels {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** Pixels that are only read, in memory that threads may share. */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Checks the size of `pixels`.
 * @throws RangeError if a side is not a positive integer or `data` is not width x height x 3 bytes.
 */
export function checkPixels(pixels: Picture): void {
  const { data, width, height } = pixels;
  const sides = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!sides || data.length !== width * height * 3)
    throw new RangeError(`${data.length} bytes are not uint8[${height},${width},3] pixels.`);
}

/** Returns the bytes of a buffer that sharp made, without copying. */
export function asBytes(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.length);
}
