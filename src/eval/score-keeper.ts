import {
  depthNeeded,
  emptyScores,
  enterScore,
  type FigurePlan,
  identicalPictures,
  includeSelf,
  judge,
  judgeDropFirst,
  judgeWithout,
  type Relevance,
  relevanceByLabel,
  type Scores,
  scoreQuery,
} from './metrics/index.ts';
import type { LabelledVectors, Ranking } from './types.ts';

/** The nearest items of every query, for the pictures of a report. */
export interface Shown {
  /** How many of each query. */
  readonly count: number;
  /** Row of the gallery, query by query; `none` where there are fewer. */
  readonly rows: Uint32Array;
  readonly distances: Float32Array;
}

export const none = 0xffff_ffff;

/** What the rankings of all queries come to under one metric. */
export interface MetricScores {
  readonly byId: Scores;
  /** Without the gallery pictures that are byte for byte the query's; null where there is none, or no hashes. */
  readonly withoutIdentical: Scores | null;
  /** Drop-first, as the seed paper's code; null between a query and a gallery set, where it is the same. */
  readonly dropFirst: Scores | null;
  readonly shown: Shown;
  /** Rank (from 1) of the first relevant item of each query, ties by id; 0 for a lone query. */
  readonly firstRelevant: Uint32Array;
}

/** Collects the scores of rankings as they come. */
export class ScoreKeeper {
  readonly #plan: FigurePlan;
  readonly #relevance: Relevance;
  readonly #identical: ReturnType<typeof identicalPictures> | undefined;
  readonly #scores: MetricScores;
  /** How many neighbours of each query the figures need. */
  readonly depth: number;

  /** @param shown How many neighbours of each query to keep. */
  constructor(
    queries: LabelledVectors,
    gallery: LabelledVectors | undefined,
    plan: FigurePlan,
    shown: number,
  ) {
    this.#plan = plan;
    this.#relevance = relevanceByLabel(queries.labels, gallery?.labels);
    this.#identical =
      queries.hashes === undefined || (gallery !== undefined && gallery.hashes === undefined)
        ? undefined
        : identicalPictures(queries.hashes, gallery?.hashes);
    const count = queries.ids.length;
    const doubled = this.identicalQueries ?? [];
    const some = doubled.length > 0;
    const most = doubled.reduce((sum, query) => Math.max(sum, this.#twins(query).size), 0);
    this.depth = Math.max(
      depthNeeded(this.#relevance, plan, most),
      Math.min(shown, (gallery ?? queries).ids.length - (gallery === undefined ? 1 : 0)),
    );
    this.#scores = {
      byId: emptyScores(plan, count),
      withoutIdentical: some ? emptyScores(plan, count) : null,
      dropFirst: gallery === undefined ? emptyScores(plan, count) : null,
      shown: {
        count: shown,
        rows: new Uint32Array(count * shown).fill(none),
        distances: new Float32Array(count * shown),
      },
      firstRelevant: new Uint32Array(count),
    };
  }

  /** Rows of the queries whose very picture is in the gallery too; null where the pictures are not known. */
  get identicalQueries(): readonly number[] | null {
    return this.#identical?.queries ?? null;
  }

  #twins(query: number): ReadonlySet<number> {
    return this.#identical?.of(query) ?? new Set();
  }

  add(ranking: Ranking): void {
    const { query } = ranking;
    const { byId, withoutIdentical, dropFirst, firstRelevant } = this.#scores;
    const judged = judge(this.#relevance, ranking);
    enterScore(byId, query, scoreQuery(judged, this.#plan));
    firstRelevant[query] = Array.prototype.indexOf.call(judged.relevant, 1) + 1;
    if (withoutIdentical !== null) {
      const rest = judgeWithout(this.#relevance, ranking, this.#twins(query));
      enterScore(withoutIdentical, query, scoreQuery(rest, this.#plan));
    }
    if (dropFirst !== null)
      enterScore(
        dropFirst,
        query,
        scoreQuery(judgeDropFirst(this.#relevance, includeSelf(ranking)), this.#plan),
      );
    this.#show(ranking);
  }

  #show({ query, neighbours, distances }: Ranking): void {
    const { shown } = this.#scores;
    const length = Math.min(shown.count, neighbours.length);
    shown.rows.set(neighbours.subarray(0, length), query * shown.count);
    shown.distances.set(distances.subarray(0, length), query * shown.count);
  }

  /** All of it, once every query was added. */
  get scores(): MetricScores {
    return this.#scores;
  }
}
