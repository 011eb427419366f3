/** Logarithms of sums of exponentials, one for each row, that neither overflow nor vanish: the largest term is kept apart. */
export class LogSums {
  readonly #most: Float64Array;
  readonly #sums: Float64Array;

  /** @param first the exponent that each sum begins with; the default begins with nothing */
  constructor(rows: number, first = Number.NEGATIVE_INFINITY) {
    this.#most = new Float64Array(rows).fill(first);
    this.#sums = new Float64Array(rows).fill(first === Number.NEGATIVE_INFINITY ? 0 : 1);
  }

  /** Adds `e^exponent` to the sum of a row. */
  add(row: number, exponent: number): void {
    const most = this.#most[row] as number;
    const sum = this.#sums[row] as number;
    if (exponent <= most) {
      this.#sums[row] = sum + Math.exp(exponent - most);
      return;
    }
    this.#sums[row] = sum * Math.exp(most - exponent) + 1;
    this.#most[row] = exponent;
  }

  /** The logarithm of the sum of a row; minus infinity if nothing was added. */
  log(row: number): number {
    return (this.#most[row] as number) + Math.log(this.#sums[row] as number);
  }

  /** The mean of the logarithms over the rows. */
  mean(): number {
    let sum = 0;
    for (let row = 0; row < this.#sums.length; row += 1) sum += this.log(row);
    return sum / this.#sums.length;
  }
}
