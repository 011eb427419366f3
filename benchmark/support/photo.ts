import { thumbnail } from '../../src/image/index.ts';
import { randomNumbers } from '../../src/random.ts';

/** A photo-like JPEG: smooth shapes under fine grain, as dear to decode as a photo of its size. */
export function photo(seed: number, width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const random = randomNumbers(seed);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 1) {
    const [x, y] = [((i / 3) | 0) % width, (i / 3 / width) | 0];
    const shape = Math.sin(x / (40 + seed * 9)) + Math.cos(y / 70 + (i % 3)) + Math.sin((x * y) / 50_000);
    data[i] = 128 + 30 * shape + 24 * (random() - 0.5);
  }
  return thumbnail({ data, width, height }, Math.max(width, height));
}
