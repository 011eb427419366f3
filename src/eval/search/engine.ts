import { type Provider, type ProviderChoice, type RuntimeTensor, Session } from '../../runtime/index.ts';
import type { Metric } from '../types.ts';
import { bestModel, scoreModel } from './graph.ts';
import type { Pace } from './pace.ts';
import { rowOf, type Space } from './space.ts';

type Feeds = Record<string, RuntimeTensor>;

/** The best items of a block of queries: `[queries, keep]`, best first. */
export interface Best {
  readonly scores: Float32Array;
  readonly rows: Int32Array;
}

const float32 = (dims: readonly number[], data: Float32Array): RuntimeTensor => ({
  type: 'float32',
  dims,
  data,
});
const int64 = (value: number): RuntimeTensor => ({
  type: 'int64',
  dims: [1],
  data: BigInt64Array.of(BigInt(value)),
});

/** Scores of queries with the gallery, chunk after chunk, by the runtime. */
export class Engine {
  readonly #query: Space;
  readonly #gallery: Space;
  readonly #centre: Float32Array | undefined;
  /** By row of the gallery: 1 / length, or under L2 -length^2 / 2. */
  readonly #terms: Float32Array;
  readonly #best: Session;
  readonly #scores: Session;

  private constructor(
    [best, scores]: readonly [Session, Session],
    metric: Metric,
    query: Space,
    gallery: Space,
    centre: Float32Array | undefined,
  ) {
    [this.#best, this.#scores] = [best, scores];
    [this.#query, this.#gallery, this.#centre] = [query, gallery, centre];
    const term = (square: number): number => (metric === 'cosine' ? 1 / Math.sqrt(square) : -square / 2);
    this.#terms = Float32Array.from(gallery.squares, term);
  }

  static async open(
    metric: Metric,
    query: Space,
    gallery: Space,
    centre: Float32Array | undefined,
    options: { readonly provider?: ProviderChoice | undefined; readonly threads?: number | undefined },
  ): Promise<Engine> {
    const best = await Session.open(bestModel(metric), options);
    try {
      const scores = await Session.open(scoreModel(metric), options);
      return new Engine([best, scores], metric, query, gallery, centre);
    } catch (error) {
      await best.close();
      throw error;
    }
  }

  get provider(): Provider {
    return this.#best.decision.provider;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#best.close(), this.#scores.close()]);
  }

  /** The `keep` best items for each of some queries; `chunk` items meet them at a time. */
  async best(queries: readonly number[], keep: number, chunk: number, pace: Pace): Promise<Best> {
    const block = this.#block(queries);
    const dims = [queries.length, keep];
    let scores = new Float32Array(queries.length * keep).fill(Number.NEGATIVE_INFINITY);
    let rows = new Int32Array(queries.length * keep).fill(-1);
    for (let start = 0; start < this.#gallery.rows; start += chunk) {
      await pace.breathe();
      const end = Math.min(start + chunk, this.#gallery.rows);
      const outputs = await this.#best.run({
        ...this.#feeds(block, queries.length, start, end),
        start: { type: 'int32', dims: [1], data: Int32Array.of(start) },
        count: int64(Math.min(keep, end - start)),
        keep: int64(keep),
        before_scores: float32(dims, scores),
        before_rows: { type: 'int32', dims, data: rows },
      });
      scores = outputs['best_scores']?.data as Float32Array<ArrayBuffer>;
      rows = outputs['best_rows']?.data as Int32Array<ArrayBuffer>;
    }
    return { scores, rows };
  }

  /** The scores of some queries with every item: `float32[queries, items]`. */
  async all(queries: readonly number[], chunk: number, pace: Pace): Promise<Float32Array> {
    const block = this.#block(queries);
    const items = this.#gallery.rows;
    const all = new Float32Array(queries.length * items);
    for (let start = 0; start < items; start += chunk) {
      await pace.breathe();
      const end = Math.min(start + chunk, items);
      const { scores } = await this.#scores.run(this.#feeds(block, queries.length, start, end));
      const part = scores?.data as Float32Array;
      for (let i = 0; i < queries.length; i += 1)
        all.set(part.subarray(i * (end - start), (i + 1) * (end - start)), i * items + start);
    }
    return all;
  }

  /** Queries as the graph takes them: of length 1, or as seen from the centre. */
  #block(queries: readonly number[]): Float32Array {
    const { set, squares } = this.#query;
    const block = new Float32Array(queries.length * set.dimension);
    for (const [at, row] of queries.entries()) {
      const vector = rowOf(set, row);
      const length = Math.sqrt(squares[row] ?? 0);
      const start = at * set.dimension;
      for (let i = 0; i < vector.length; i += 1) {
        const value = vector[i] as number;
        block[start + i] = this.#centre === undefined ? value / length : value - (this.#centre[i] as number);
      }
    }
    return block;
  }

  #feeds(block: Float32Array, queries: number, start: number, end: number): Feeds {
    const { dimension, vectors } = this.#gallery.set;
    const terms = this.#terms.subarray(start, end);
    const sides = {
      queries: float32([queries, dimension], block),
      gallery: float32([end - start, dimension], vectors.subarray(start * dimension, end * dimension)),
    };
    if (this.#centre === undefined) return { ...sides, scale: float32([end - start, 1], terms) };
    return {
      ...sides,
      centre: float32([1, dimension], this.#centre),
      bias: float32([end - start], terms),
    };
  }
}
