import { type Provider, type ProviderChoice, type RuntimeTensor, Session } from '../../runtime/index.ts';
import { bestModel, scoreModel } from './graph.ts';
import type { Pace } from './pace.ts';
import { type Best, Shortlist } from './shortlist.ts';
import type { View } from './view.ts';

/** What a graph is fed, by name. */
export type Feeds = Readonly<Record<string, RuntimeTensor>>;

/** How to open an engine. */
export interface EngineOptions {
  readonly provider?: ProviderChoice | undefined;
  readonly threads?: number | undefined;
  /** Who keeps the best items: the graph, which spares the way of all scores from a GPU, or a shortlist here. */
  readonly keeper?: 'graph' | 'shortlist' | undefined;
}

/** With more queries in one product the processor's cache no longer holds what is used again. */
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

/** Scores of queries with the gallery, chunk after chunk, by the runtime. */
export class Engine {
  readonly #view: View;
  readonly #bias: Float32Array | undefined;
  readonly #keeper: 'graph' | 'shortlist';
  readonly #best: Session;
  readonly #scores: Session;
  /** The chunk that the graph is given. */
  #seen = new Float32Array();

  private constructor(
    view: View,
    [best, scores]: readonly [Session, Session],
    keeper: EngineOptions['keeper'],
  ) {
    [this.#view, this.#best, this.#scores] = [view, best, scores];
    this.#bias = view.metric === 'l2' ? view.bias() : undefined;
    this.#keeper = keeper ?? (this.provider === 'cuda' ? 'graph' : 'shortlist');
  }

  static async open(view: View, options: EngineOptions): Promise<Engine> {
    const best = await Session.open(bestModel(view.metric), options);
    try {
      const scores = await Session.open(scoreModel(view.metric), options);
      return new Engine(view, [best, scores], options.keeper);
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

  /**
   * At least the `keep` best items for each query of the rows `start` to `end`; `chunk` items meet them at a time.
   * @param onChunk Told after each chunk which share of the gallery has met them.
   */
  async best(
    [start, end]: readonly [number, number],
    keep: number,
    chunk: number,
    pace: Pace,
    onChunk?: (share: number) => void,
  ): Promise<(query: number) => Best> {
    const rows = Array.from({ length: end - start }, (_, at) => start + at);
    const groups = this.#groups(rows);
    if (this.#keeper === 'graph') return this.#bestByGraph(groups, start, keep, chunk, pace, onChunk);
    const lists = new Shortlist(rows.length, keep);
    const offer = (scores: Float32Array, first: number, from: number, to: number): void => {
      for (let at = 0; at * (to - from) < scores.length; at += 1)
        lists.offer(first + at, scores, at * (to - from), (at + 1) * (to - from), from);
    };
    await this.#score(groups, chunk, pace, offer, onChunk);
    return (query) => lists.of(query - start);
  }

  /** The scores of the queries of some rows with every item: `float32[rows, items]`. */
  async all(rows: readonly number[], chunk: number, pace: Pace): Promise<Float32Array> {
    const items = this.#view.gallery.rows;
    const all = new Float32Array(rows.length * items);
    await this.#score(this.#groups(rows), chunk, pace, (scores, first, from, to) => {
      const length = to - from;
      for (let at = 0; at * length < scores.length; at += 1)
        all.set(scores.subarray(at * length, (at + 1) * length), (first + at) * items + from);
    });
    return all;
  }

  /** Hands `take` the scores of queries, from place `first` of all on, with the items from row `from` to `to`. */
  async #score(
    groups: readonly RuntimeTensor[],
    chunk: number,
    pace: Pace,
    take: (scores: Float32Array, first: number, from: number, to: number) => void,
    onChunk?: (share: number) => void,
  ): Promise<void> {
    for (const [from, to] of this.#chunks(chunk)) {
      const items = this.#items(from, to);
      for (const [at, queries] of groups.entries()) {
        await pace.breathe();
        const { scores } = await this.#scores.run({ ...items, queries });
        take(scores?.data as Float32Array, at * queriesPerRun, from, to);
      }
      onChunk?.(to / this.#view.gallery.rows);
    }
  }

  async #bestByGraph(
    groups: readonly RuntimeTensor[],
    start: number,
    keep: number,
    chunk: number,
    pace: Pace,
    onChunk?: (share: number) => void,
  ): Promise<(query: number) => Best> {
    const best = groups.map(
      ({ dims: [count = 0] }): Feeds => ({
        before_scores: float32([count, keep], new Float32Array(count * keep).fill(Number.NEGATIVE_INFINITY)),
        before_rows: int32([count, keep], new Int32Array(count * keep).fill(-1)),
      }),
    );
    for (const [from, to] of this.#chunks(chunk)) {
      const items = this.#items(from, to);
      const place = { start: int32([1], Int32Array.of(from)), count: int64(Math.min(keep, to - from)) };
      for (const [at, queries] of groups.entries()) {
        await pace.breathe();
        const feeds = { ...items, ...place, ...best[at], queries, keep: int64(keep) };
        const { best_scores, best_rows } = await this.#best.run(feeds);
        best[at] = { before_scores: best_scores, before_rows: best_rows } as Feeds;
      }
      onChunk?.(to / this.#view.gallery.rows);
    }
    return (query) => bestOf(best, query - start, keep);
  }

  /** Queries as the graph takes them, few enough at a time for a processor's cache. */
  #groups(rows: readonly number[]): RuntimeTensor[] {
    const { query, width } = this.#view;
    const groups: RuntimeTensor[] = [];
    for (let first = 0; first < rows.length; first += queriesPerRun) {
      const own = rows.slice(first, first + queriesPerRun);
      const group = new Float32Array(own.length * width);
      for (const [at, row] of own.entries())
        this.#view.write(query, row, row + 1, group.subarray(at * width, (at + 1) * width));
      groups.push(float32([own.length, width], group));
    }
    return groups;
  }

  *#chunks(chunk: number): Generator<readonly [number, number]> {
    const { rows } = this.#view.gallery;
    for (let from = 0; from < rows; from += chunk) yield [from, Math.min(from + chunk, rows)];
  }

  #items(from: number, to: number): Feeds {
    const { gallery, width } = this.#view;
    const length = (to - from) * width;
    if (this.#seen.length < length) this.#seen = new Float32Array(length);
    const seen = this.#seen.subarray(0, length);
    this.#view.write(gallery, from, to, seen);
    const items = { gallery: float32([to - from, width], seen) };
    return this.#bias === undefined
      ? items
      : { ...items, bias: float32([to - from], this.#bias.subarray(from, to)) };
  }
}

function bestOf(best: readonly Feeds[], at: number, keep: number): Best {
  const { before_scores, before_rows } = best[Math.floor(at / queriesPerRun)] ?? {};
  const start = (at % queriesPerRun) * keep;
  const scores = before_scores?.data.subarray(start, start + keep) as Float32Array;
  // Sorted: what is not among them has no better score than the last.
  return {
    scores,
    rows: before_rows?.data.subarray(start, start + keep) as Int32Array,
    floor: scores.at(-1) ?? 0,
  };
}
