import { type Metric, squaredNorm } from '../exact/distance.ts';

/**
 * A vector on its way into hnswlib, which takes plain arrays only: one is reused, since a new one of 2,048 numbers
 * per call would keep the collector busy.
 */
export class NativePoint {
  readonly array: number[];
  readonly #scaled: Float32Array;
  readonly #bits: Uint32Array;
  readonly #metric: Metric;

  constructor(metric: Metric, dimension: number) {
    this.#metric = metric;
    this.array = new Array<number>(dimension).fill(0);
    this.#scaled = new Float32Array(dimension);
    this.#bits = new Uint32Array(this.#scaled.buffer);
  }

  /** Takes the vector over, under cosine divided by its norm (in float64); the zero vector stays as it is. */
  set(vector: Float32Array): void {
    const norm = this.#metric === 'cosine' ? Math.sqrt(squaredNorm(vector)) || 1 : 1;
    for (let i = 0; i < vector.length; i++) this.#scaled[i] = (vector[i] as number) / norm + 0; // -0 becomes 0
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
