/** The most that the sum of probabilities may be from 1, and a probability above 1: rounding needs less. */
const tolerance = 1e-3;

/** Says what keeps the `length` numbers of `vectors` from `offset` on from being probabilities; undefined if they are. */
export function probabilityProblem(
  vectors: Float32Array,
  offset: number,
  length: number,
): string | undefined {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const value = vectors[offset + i] as number;
    if (!(value >= 0 && value <= 1 + tolerance)) return `has ${value} at place ${i}, which is no probability`;
    sum += value;
  }
  if (Math.abs(sum - 1) <= tolerance) return undefined;
  return `has a sum of ${Number(sum.toPrecision(6))}, where probabilities sum to 1 (within ${tolerance})`;
}
