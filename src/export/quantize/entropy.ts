/** About the number of bins of a distribution, and the number of bins between two thresholds. */
const resolution = 2048;
const stride = 8;

/** Returns sums of `width` bins each, up to the last bin that is not empty. */
function coarser(counts: Float64Array, width: number): Float64Array {
  const used = counts.findLastIndex((count) => count > 0) + 1;
  const result = new Float64Array(Math.ceil(used / width));
  for (let i = 0; i < used; i += 1) {
    const target = Math.floor(i / width);
    result[target] = (result[target] ?? 0) + (counts[i] ?? 0);
  }
  return result;
}

const sum = (numbers: Float64Array): number => numbers.reduce((total, value) => total + value, 0);

/**
 * Returns bins joined to one level: their sum is spread evenly over those that are not empty after the cut. If only cut-off
 * numbers are in them, the sum counts as one number, so that a gap in the distribution can be cut.
 */
function level(counts: Float64Array, cut: Float64Array): Float64Array {
  const filled = cut.reduce((total, count) => total + (count > 0 ? 1 : 0), 0);
  const each = Math.max(1, sum(counts)) / filled;
  return cut.map((count) => (count > 0 ? each : 0));
}

/**
 * Returns the relative entropy, in nats, of a distribution cut after `length` bins (the rest joins the last one) against
 * the same bins in `levels` steps, both normalised.
 */
export function divergence(counts: Float64Array, length: number, levels: number): number {
  const inside = counts.subarray(0, length);
  const cut = inside.slice();
  cut[length - 1] = (cut[length - 1] ?? 0) + sum(counts.subarray(length));
  const stepped = new Float64Array(length);
  for (let at = 0; at < levels; at += 1) {
    const start = Math.floor((at * length) / levels);
    const end = Math.floor(((at + 1) * length) / levels);
    stepped.set(level(inside.subarray(start, end), cut.subarray(start, end)), start);
  }
  return relativeEntropy(cut, stepped);
}

function relativeEntropy(p: Float64Array, q: Float64Array): number {
  const totalP = sum(p);
  const totalQ = sum(q);
  let result = 0;
  for (let i = 0; i < p.length; i += 1) {
    const count = p[i] ?? 0;
    if (count > 0) result += (count / totalP) * Math.log((count * totalQ) / (totalP * (q[i] ?? 0)));
  }
  return result;
}

/**
 * Returns the number of bins after which to cut a distribution of magnitudes, so that its divergence from `levels` steps
 * is least (Migacz 2017). The first bin counts as full as the second: zeros, of which ReLU makes many, are exact in any
 * range.
 */
export function leastDivergence(counts: Float64Array, levels: number): number {
  const width = Math.max(1, Math.round(counts.length / (2 * resolution)));
  const coarse = coarser(counts, width);
  coarse[0] = coarse[1] ?? 0;
  let best = coarse.length;
  let least = Number.POSITIVE_INFINITY;
  for (let length = coarse.length; length >= levels; length -= stride) {
    const value = divergence(coarse, length, levels);
    if (value < least) {
      best = length;
      least = value;
    }
  }
  return best * width;
}
