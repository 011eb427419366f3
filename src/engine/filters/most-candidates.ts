/** Standard deviations beyond which a number is no chance. */
const surely = 4;

/**
 * Returns how many candidates, in the order of their distance, may come up to the one with which `passing` of them have passed a filter that
 * lets the share `share` (0 to 1) of all items through, if the filter has nothing to do with the distance. Where more come, it keeps out what
 * is near: what it lets through is farther away then than an index looks surely, and has to be compared one by one.
 */
export function mostCandidates(passing: number, share: number): number {
  if (share >= 1) return passing;
  // Failures before so many successes have the negative binomial distribution.
  const mean = (passing * (1 - share)) / share;
  const deviation = Math.sqrt(Math.max(1, passing) * (1 - share)) / share;
  return passing + mean + surely * deviation;
}
