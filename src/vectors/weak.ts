/** The numbers of the distance `weak-metric`: -(1/P) Σ log(a - b |p_i - q_i|^P) + (C/P) log a. */
export interface WeakNumbers {
  readonly a: number;
  readonly b: number;
  readonly P: number;
}

/** The numbers with which `weak-metric` is the distance `weak`: -Σ log(1 - |p_i - q_i|). */
export const weakNumbers: WeakNumbers = { a: 1, b: 1, P: 1 };

/** The largest b/a with which `weak-metric` is a metric: 2^(P+1) - 2^(2P), from 1 (P near 0) down to 0 (P = 1). */
export const largestRatio = (power: number): number => 2 ** (power + 1) - 2 ** (2 * power);

/** True if the triangle inequality holds for all vectors: 2^(P+1) - 2^(2P) >= b/a. */
export const isMetric = ({ a, b, P }: WeakNumbers): boolean => largestRatio(P) >= b / a;

/**
 * Float32 has no number between this and 0. Two vectors that are 0 and 1 in the same place, whose distance would be infinite
 * where a = b, are as far apart as if the 0 were this. No finite distance is changed: 1 - |p - q| is 0 or at least this.
 */
const least = 2 ** -149;
/** Up to this the series of five terms is exact to the last bit of float64. */
const small = 2 ** -10;
/** A product of factors, each 2^-169 or more, must not leave the range of float64. */
const leastProduct = 2 ** -800;

/**
 * Computes the distance `weak-metric` of `p` and the numbers of `all` from `offset` on, both of which must be
 * probabilities: float32 in, float64 sums. With x = (b/a) |p_i - q_i|^P it is -(1/P) Σ log(1 - x), whose terms lose no
 * digits: a series where x is small, else the logarithm of a product whose factors are summed without cancellation.
 */
export function weakDistance(
  p: Float32Array,
  all: Float32Array,
  offset: number,
  numbers: WeakNumbers,
): number {
  const { P: power } = numbers;
  const ratio = numbers.b / numbers.a;
  const rest = (numbers.a - numbers.b) / numbers.a;
  let sum = 0;
  let product = 1;
  for (let i = 0, j = offset; i < p.length; i++, j++) {
    const own = p[i] as number;
    const other = all[j] as number;
    const high = Math.min(1, own > other ? own : other);
    const low = own > other ? other : own;
    const gap = high - low;
    if (gap === 0) continue;
    const x = ratio * (power === 1 ? gap : power === 0.5 ? Math.sqrt(gap) : gap ** power);
    if (x < small) sum += x * (1 + x * (1 / 2 + x * (1 / 3 + x * (1 / 4 + x / 5))));
    else {
      product *= x <= 0.5 ? 1 - x : rest + ratio * complement(gap, Math.max(1 - high + low, least), power);
      if (product < leastProduct) {
        sum -= Math.log(product);
        product = 1;
      }
    }
  }
  return (sum - Math.log(product)) / power;
}

/** 1 - gap^power, where `left` is 1 - gap. */
function complement(gap: number, left: number, power: number): number {
  if (power === 1) return left;
  if (power === 0.5) return left / (1 + Math.sqrt(gap));
  return -Math.expm1(power * (gap < 0.5 ? Math.log(gap) : Math.log1p(-left)));
}
