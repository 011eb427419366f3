/** A chance below which something is none: of some hundred searches under filters that have nothing to do with the distance, one at most is exact for it. */
const least = 1e-3;

/**
 * Returns what the chance is at most that no more than `passing` of `looked` candidates pass a filter that lets the share `share` (0 to 1) of
 * all items through, if it has nothing to do with the distance: Chernoff's bound of the binomial distribution, exp(-n KL(passing / n || share)).
 */
function chance(passing: number, looked: number, share: number): number {
  const seen = passing / looked;
  if (!(seen < share)) return 1;
  if (share >= 1) return 0;
  const passed = seen === 0 ? 0 : seen * Math.log(seen / share);
  return Math.exp(-looked * (passed + (1 - seen) * Math.log((1 - seen) / (1 - share))));
}

/**
 * Returns how many candidates, in the order of their distance, may come up to and with the one with which `passing` of them have passed a
 * filter, unless it keeps out what is near; see `keepsOutNear`.
 */
export function mostCandidates(passing: number, share: number): number {
  if (share >= 1) return passing;
  const may = (candidates: number): boolean => chance(passing - 1, candidates - 1, share) >= least;
  let most = passing;
  let tooMany = 2 * passing;
  while (may(tooMany)) tooMany *= 2;
  while (tooMany - most > 1) {
    const between = Math.floor((most + tooMany) / 2);
    if (may(between)) most = between;
    else tooMany = between;
  }
  return most;
}

/**
 * Returns true if a filter keeps out what is near: before one of the candidates that pass, or in all, so few have passed that this is no
 * chance. What it lets through is farther away then than an index looks surely, and has to be compared one by one.
 * @param ranks the places (1 for the nearest) of the candidates that pass, by distance, among all
 * @param looked number of candidates in all
 * @param share share of all items that pass, 0 to 1
 */
export function keepsOutNear(ranks: readonly number[], looked: number, share: number): boolean {
  return [...ranks.map((rank) => rank - 1), looked].some(
    (before, passed) => chance(passed, before, share) < least,
  );
}
