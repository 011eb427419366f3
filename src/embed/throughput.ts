/** How much a new measurement counts against those before it. */
const weight = 0.2;

/** A moving average of how long one worker takes for one image. */
export class Throughput {
  #msPerImage: number | undefined;

  /** Notes that a batch of `images` took `ms` milliseconds. */
  note(images: number, ms: number): void {
    const latest = ms / images;
    this.#msPerImage = latest * weight + (this.#msPerImage ?? latest) * (1 - weight);
  }

  /** Whole seconds that one worker will take for `images`, 1 or more; 1 while nothing is known. */
  secondsFor(images: number): number {
    return Math.max(1, Math.ceil((images * (this.#msPerImage ?? 0)) / 1000));
  }
}
