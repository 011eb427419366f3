import { squaredNorm } from '../../vectors/index.ts';

/** Writes a vector as pgvector reads it: its length, nothing, and the numbers, big-endian. */
export function vectorBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + 4 * vector.length);
  bytes.writeUInt16BE(vector.length, 0);
  bytes.writeUInt16BE(0, 2);
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).copy(bytes, 4);
  // The machines that this runs on are little-endian.
  bytes.subarray(4).swap32();
  return bytes;
}

/** Reads what `vector_send` gives. The bytes are changed. */
export function vectorOf(bytes: Buffer): Float32Array {
  const numbers = Buffer.from(bytes.subarray(4));
  numbers.swap32();
  return new Float32Array(numbers.buffer.slice(numbers.byteOffset, numbers.byteOffset + numbers.length));
}

/**
 * True for a vector whose distances pgvector, which adds in float32, cannot tell: zero, or so small or large that squares of its numbers
 * leave the range. Such ones are always compared here.
 */
export function isOdd(vector: Float32Array): boolean {
  const square = squaredNorm(vector);
  return !(square > 1e-20 && square < 1e20);
}
