/** Weight of a new measurement in the moving average. */
const weight = 0.2;

/** A moving average of the time that one worker takes per picture. */
export class Throughput {
  #msPerImage: number | undefined;

  /** Records that a batch of `images` took `ms` milliseconds. */
  record(images: number, ms: number): void {
    const latest = ms / images;
    this.#msPerImage = latest * weight + (this.#msPerImage ?? latest) * (1 - weight);
  }

  /** Estimates the whole seconds, 1 or more, that one worker takes for `images`; 1 before the first measurement. */
  secondsFor(images: number): number {
    return Math.max(1, Math.ceil((images * (this.#msPerImage ?? 0)) / 1000));
  }
}
