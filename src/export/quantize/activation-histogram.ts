/** The number of bins. Bounds are powers of two, so the order of the numbers does not matter. */
const bins = 16_384;
const zero = bins / 2;

const powerOfTwoAbove = (value: number): number => 2 ** (Math.floor(Math.log2(value)) + 1);

/** Counts numbers in bins of one width over `[-bound, bound)`; the bound doubles as needed. */
export class ActivationHistogram {
  #counts = new Float64Array(bins);
  #bound = 0;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;

  /** The smallest number; infinite if there were none. */
  get low(): number {
    return this.#low;
  }

  /** The largest number; minus infinity if there were none. */
  get high(): number {
    return this.#high;
  }

  /** The width of a bin; 0 if there were only zeros. */
  get binWidth(): number {
    return this.#bound / zero;
  }

  /** The count of each bin `[i * binWidth, (i + 1) * binWidth)`, from i = -bins / 2. */
  get counts(): Float64Array {
    return this.#counts;
  }

  /**
   * Counts numbers.
   *
   * @throws RangeError if one of them is not finite, before any is counted
   */
  add(values: Float32Array): void {
    const [low, high] = extremes(values);
    this.#low = Math.min(this.#low, low);
    this.#high = Math.max(this.#high, high);
    this.#cover(Math.max(0, -low, high));
    // Multiplying by a power of two is exact, and so is the bin.
    const perUnit = this.#bound === 0 ? 0 : zero / this.#bound;
    const counts = this.#counts;
    for (let i = 0; i < values.length; i += 1) {
      const bin = Math.floor((values[i] ?? 0) * perUnit) + zero;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
  }

  /** Doubles the bound and joins bins until it is above `largest`. */
  #cover(largest: number): void {
    if (largest < this.#bound || largest === 0) return;
    const bound = powerOfTwoAbove(largest);
    const factor = this.#bound === 0 ? 1 : bound / this.#bound;
    const counts = new Float64Array(bins);
    for (const [bin, count] of this.#counts.entries()) {
      const target = Math.floor((bin - zero) / factor) + zero;
      counts[target] = (counts[target] ?? 0) + count;
    }
    this.#counts = counts;
    this.#bound = bound;
  }
}

function extremes(values: Float32Array): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    if (value - value !== 0) throw new RangeError(`A number is ${value}.`);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
