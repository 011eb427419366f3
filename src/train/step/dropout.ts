import { mixSeed, randomNumbers } from '../../random.ts';

/**
 * Draws the factors of inverted dropout: 0 with the probability `share`, else `1 / (1 - share)`. They follow from seed
 * and step alone, so that a resumed run drops the same as an uninterrupted one.
 * @param share 0 to below 1
 * @returns `float32[count]`
 */
export function dropoutMask(count: number, share: number, seed: number, step: number): Float32Array {
  const random = randomNumbers(mixSeed(seed, 0xd509, step));
  const kept = 1 / (1 - share);
  return Float32Array.from({ length: count }, () => (random() < share ? 0 : kept));
}
