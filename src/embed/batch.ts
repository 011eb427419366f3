import type { Prepared } from './embed-request.ts';
import type { BatchResult } from './operations.ts';

/** Joins the pixels of a batch to `uint8[B,H,W,3]`, in a buffer of its own, because it is moved to another thread. */
export function joinPixels(batch: readonly Prepared[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(batch.reduce((sum, { pixels }) => sum + pixels.length, 0));
  let offset = 0;
  for (const { pixels } of batch) {
    joined.set(pixels, offset);
    offset += pixels.length;
  }
  return joined;
}

/** Copies the vector `float32[D]` of picture `i` of a batch of `count`. */
export function vectorOf({ vectors }: BatchResult, i: number, count: number): Float32Array<ArrayBuffer> {
  const dimension = vectors.length / count;
  return vectors.slice(i * dimension, (i + 1) * dimension);
}
