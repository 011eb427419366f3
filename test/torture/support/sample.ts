import fc from 'fast-check';

/** Draws one input, which follows from the seed. */
export function sample<T>(inputs: fc.Arbitrary<T>, seed: number): T {
  const [one] = fc.sample(inputs, { numRuns: 1, seed: seed | 0 });
  return one as T;
}
