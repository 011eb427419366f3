import { type Provider, type ProviderChoice, type RuntimeTensor, Session } from '../runtime/index.ts';
import type { Yielder } from '../threads/index.ts';
import type { PreparedVectors } from './prepared-vectors.ts';
import { scoreModel, topKModel } from './score-graph.ts';
import { type CandidateLists, type Candidates, TopKBuffer } from './top-k-buffer.ts';

/** Inputs or outputs of a graph by name. */
type Feeds = Readonly<Record<string, RuntimeTensor>>;

/** Options of `Scorer.open`. */
export interface ScorerOptions {
  readonly provider?: ProviderChoice | undefined;
  readonly threads?: number | undefined;
  /**
   * The part that keeps the best items: the graph, so that a GPU need not return all scores, or a `TopKBuffer`. Default: `graph` on
   * CUDA, otherwise `buffer`.
   */
  readonly keeper?: 'graph' | 'buffer' | undefined;
}

/** Options of one pass over the gallery. */
export interface PassOptions {
  /** Items per run of the graph. */
  readonly chunk: number;
  readonly yielder: Yielder;
  /** Called after each chunk with the share of the gallery that is done. */
  readonly onChunk?: ((share: number) => void) | undefined;
}

/** With more queries per product, the processor's cache no longer holds what is used again. */
export const queriesPerRun = 512;

const float32 = (dims: readonly number[], data: Float32Array): RuntimeTensor => ({
  type: 'float32',
  dims,
  data,
});
const int32 = (dims: readonly number[], data: Int32Array): RuntimeTensor => ({ type: 'int32', dims, data });
const int64 = (value: number): RuntimeTensor => ({
  type: 'int64',
  dims: [1],
  data: BigInt64Array.of(BigInt(value)),
});

/** Computes the scores of queries and the gallery with ONNX Runtime, chunk after chunk of the gallery. */
export class Scorer {
  readonly #vectors: PreparedVectors;
  readonly #bias: Float32Array | undefined;
  readonly #scores: Session;
  /** Keeps the best items if the graph does. */
  readonly #topK: Session | undefined;
  /** The chunk that the graph is given. */
  #items = new Float32Array();

  private constructor(vectors: PreparedVectors, scores: Session, topK: Session | undefined) {
    this.#vectors = vectors;
    this.#scores = scores;
    this.#topK = topK;
    this.#bias = vectors.metric === 'l2' ? vectors.bias() : undefined;
  }

  /** @throws SnapshelfError `provider-unavailable` */
  static async open(vectors: PreparedVectors, options: ScorerOptions): Promise<Scorer> {
    const scores = await Session.open(scoreModel(vectors.metric), options);
    const { keeper = scores.decision.provider === 'cuda' ? 'graph' : 'buffer' } = options;
    if (keeper === 'buffer') return new Scorer(vectors, scores, undefined);
    try {
      return new Scorer(vectors, scores, await Session.open(topKModel(vectors.metric), options));
    } catch (error) {
      await scores.close();
      throw error;
    }
  }

  get provider(): Provider {
    return this.#scores.decision.provider;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#topK?.close(), this.#scores.close()]);
  }

  /** Finds at least the `keep` items with the highest scores for each query of the rows from `start` to `end`. */
  async topK(start: number, end: number, keep: number, options: PassOptions): Promise<CandidateLists> {
    const rows = Array.from({ length: end - start }, (_, at) => start + at);
    const groups = this.#groups(rows);
    if (this.#topK !== undefined)
      return new GraphTopK(await this.#topKByGraph(this.#topK, groups, keep, options), keep);
    const buffer = new TopKBuffer(rows.length, keep);
    const offer = (scores: Float32Array, first: number, from: number, to: number): void => {
      for (let at = 0; at * (to - from) < scores.length; at += 1)
        buffer.offer(first + at, scores, at * (to - from), (at + 1) * (to - from), from);
    };
    await this.#score(groups, options, offer);
    return buffer;
  }

  /** Computes the scores of some queries and every item, `float32[rows,items]`. */
  async scores(rows: readonly number[], options: PassOptions): Promise<Float32Array> {
    const items = this.#vectors.gallery.rows;
    const all = new Float32Array(rows.length * items);
    await this.#score(this.#groups(rows), options, (scores, first, from, to) => {
      const length = to - from;
      for (let at = 0; at * length < scores.length; at += 1)
        all.set(scores.subarray(at * length, (at + 1) * length), (first + at) * items + from);
    });
    return all;
  }

  /** Calls `take` with the scores of queries, from place `first` of all on, and the items from row `from` to `to`. */
  async #score(
    groups: readonly RuntimeTensor[],
    { chunk, yielder, onChunk }: PassOptions,
    take: (scores: Float32Array, first: number, from: number, to: number) => void,
  ): Promise<void> {
    for (const [from, to] of this.#chunks(chunk)) {
      const items = this.#itemFeeds(from, to);
      for (const [at, queries] of groups.entries()) {
        await yielder.yieldIfDue();
        const { scores } = await this.#scores.run({ ...items, queries });
        take(scores?.data as Float32Array, at * queriesPerRun, from, to);
      }
      onChunk?.(to / this.#vectors.gallery.rows);
    }
  }

  async #topKByGraph(
    session: Session,
    groups: readonly RuntimeTensor[],
    keep: number,
    { chunk, yielder, onChunk }: PassOptions,
  ): Promise<readonly Feeds[]> {
    const best = groups.map(
      ({ dims: [count = 0] }): Feeds => ({
        before_scores: float32([count, keep], new Float32Array(count * keep).fill(Number.NEGATIVE_INFINITY)),
        before_rows: int32([count, keep], new Int32Array(count * keep).fill(-1)),
      }),
    );
    for (const [from, to] of this.#chunks(chunk)) {
      const items = this.#itemFeeds(from, to);
      const place = { start: int32([1], Int32Array.of(from)), count: int64(Math.min(keep, to - from)) };
      for (const [at, queries] of groups.entries()) {
        await yielder.yieldIfDue();
        const feeds = { ...items, ...place, ...best[at], queries, keep: int64(keep) };
        const { best_scores, best_rows } = await session.run(feeds);
        best[at] = { before_scores: best_scores, before_rows: best_rows } as Feeds;
      }
      onChunk?.(to / this.#vectors.gallery.rows);
    }
    return best;
  }

  /** Prepared queries, few enough at a time for a processor's cache. */
  #groups(rows: readonly number[]): RuntimeTensor[] {
    const { query, width } = this.#vectors;
    const groups: RuntimeTensor[] = [];
    for (let first = 0; first < rows.length; first += queriesPerRun) {
      const own = rows.slice(first, first + queriesPerRun);
      const group = new Float32Array(own.length * width);
      for (const [at, row] of own.entries())
        this.#vectors.write(query, row, row + 1, group.subarray(at * width, (at + 1) * width));
      groups.push(float32([own.length, width], group));
    }
    return groups;
  }

  *#chunks(chunk: number): Generator<readonly [number, number]> {
    const { rows } = this.#vectors.gallery;
    for (let from = 0; from < rows; from += chunk) yield [from, Math.min(from + chunk, rows)];
  }

  #itemFeeds(from: number, to: number): Feeds {
    const { gallery, width } = this.#vectors;
    const length = (to - from) * width;
    if (this.#items.length < length) this.#items = new Float32Array(length);
    const rows = this.#items.subarray(0, length);
    this.#vectors.write(gallery, from, to, rows);
    const items = { gallery: float32([to - from, width], rows) };
    return this.#bias === undefined
      ? items
      : { ...items, bias: float32([to - from], this.#bias.subarray(from, to)) };
  }
}

/** The candidates that the graph has kept. */
class GraphTopK implements CandidateLists {
  readonly #best: readonly Feeds[];
  readonly #keep: number;

  /** @param best The last outputs of the graph for each group of queries. */
  constructor(best: readonly Feeds[], keep: number) {
    this.#best = best;
    this.#keep = keep;
  }

  candidates(query: number): Candidates {
    const { before_scores, before_rows } = this.#best[Math.floor(query / queriesPerRun)] ?? {};
    const start = (query % queriesPerRun) * this.#keep;
    const end = start + this.#keep;
    const scores = before_scores?.data.subarray(start, end) as Float32Array;
    const rows = before_rows?.data.subarray(start, end) as Int32Array;
    // They are sorted: no other item has a better score than the last.
    return { scores, rows, threshold: scores.at(-1) ?? 0 };
  }
}
