import { type Metric, metricOf, squaredNorm } from '../../vectors/index.ts';

/**
 * A vector on its way into hnswlib, which takes plain arrays only: one is reused, since a new one of 2,048 numbers
 * per call would keep the collector busy.
 */
export class NativePoint {
  readonly array: number[];
  readonly #scaled: Float32Array;
  readonly #bits: Uint32Array;
  readonly #points: 'raw' | 'unit' | 'root';

  constructor(metric: Metric, dimension: number) {
    this.#points = metricOf(metric).index.points;
    this.array = new Array<number>(dimension).fill(0);
    this.#scaled = new Float32Array(dimension);
    this.#bits = new Uint32Array(this.#scaled.buffer);
  }

  /**
   * Takes the vector over, under cosine divided by its norm (in float64); the zero vector stays as it is. Of probabilities it
   * takes the roots: their Euclidean distance is the Hellinger distance.
   */
  set(vector: Float32Array): void {
    const norm = this.#points === 'unit' ? Math.sqrt(squaredNorm(vector)) || 1 : 1;
    for (let i = 0; i < vector.length; i++) this.#scaled[i] = (vector[i] as number) / norm + 0; // -0 becomes 0
    if (this.#points === 'root')
      for (let i = 0; i < vector.length; i++) this.#scaled[i] = Math.sqrt(vector[i] as number);
    for (let i = 0; i < vector.length; i++) this.array[i] = this.#scaled[i] as number;
  }

  /** 32 bits in which vectors differ that differ, nearly always. */
  hash(): number {
    let hash = 0;
    for (const bits of this.#bits) {
      hash = Math.imul(hash ^ bits, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  equals(point: readonly number[]): boolean {
    return point.every((value, i) => value === this.array[i]);
  }
}
