import { mixSeed, randomNumbers } from '../../random.ts';

/**
 * What dropout multiplies a feature with at a step: 0 with the probability `share`, else `1 / (1 - share)`. It follows
 * from seed and step alone, so that a resumed run drops what the first one would have.
 * @returns `float32[count]`
 */
export function dropoutMask(count: number, share: number, seed: number, step: number): Float32Array {
  const random = randomNumbers(mixSeed(seed, 0xd509, step));
  const kept = 1 / (1 - share);
  return Float32Array.from({ length: count }, () => (random() < share ? 0 : kept));
}
