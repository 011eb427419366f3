import type { Ranking } from '../vectors/index.ts';
import { identicalPictures } from './identical-pictures.ts';
import type { Labelled } from './labelled.ts';
import { includeSelf, markRelevant, markRelevantDropFirst, markRelevantWithout } from './mark-relevant.ts';
import { addToTable, emptyTable, type MeasureTable } from './measure-table.ts';
import type { MeasureList } from './measures.ts';
import { type MarkedRanking, measureQuery } from './query-measures.ts';
import { rankOfFirst } from './recall.ts';
import { depthNeeded, type Relevance, relevanceByLabel } from './relevance.ts';

/** The nearest items of every query. */
export interface NearestItems {
  /** Items per query. */
  readonly count: number;
  /** Rows of the gallery, `uint32[queries,count]`; `noItem` where there are fewer. */
  readonly rows: Uint32Array;
  /** Their distances, `float32[queries,count]`. */
  readonly distances: Float32Array;
}

/** A row of `NearestItems` without an item. */
export const noItem = 0xffff_ffff;

/** The measures of all queries under one metric. */
export interface AccumulatedMeasures {
  readonly byId: MeasureTable;
  /** Without gallery pictures that are byte for byte the query; null if there are none, or no hashes. */
  readonly withoutIdentical: MeasureTable | null;
  /** Drop-first, as the seed paper's code; null between a query and a gallery set, where it is the same. */
  readonly dropFirst: MeasureTable | null;
  readonly nearest: NearestItems;
  /** Rank (from 1) of the first relevant item of each query, ties by id; 0 for a lone query. */
  readonly firstRelevant: Uint32Array;
}

/** Accumulates the measures of rankings. */
export class MetricsAccumulator {
  readonly #list: MeasureList;
  readonly #relevance: Relevance;
  readonly #identical: ReturnType<typeof identicalPictures> | undefined;
  readonly #measures: AccumulatedMeasures;
  /** Neighbours per query that the measures need. */
  readonly depth: number;

  /**
   * @param gallery Undefined: each query is searched among all the others.
   * @param nearest How many neighbours of each query to keep.
   */
  constructor(queries: Labelled, gallery: Labelled | undefined, list: MeasureList, nearest: number) {
    this.#list = list;
    this.#relevance = relevanceByLabel(queries.labels, gallery?.labels);
    this.#identical =
      queries.hashes === undefined || (gallery !== undefined && gallery.hashes === undefined)
        ? undefined
        : identicalPictures(queries.hashes, gallery?.hashes);
    const count = queries.labels.length;
    const doubled = this.identicalQueries ?? [];
    const most = doubled.reduce((sum, query) => Math.max(sum, this.#twins(query).size), 0);
    this.depth = Math.max(
      depthNeeded(this.#relevance, list, most),
      Math.min(nearest, (gallery ?? queries).labels.length - (gallery === undefined ? 1 : 0)),
    );
    this.#measures = {
      byId: emptyTable(list, count),
      withoutIdentical: doubled.length > 0 ? emptyTable(list, count) : null,
      dropFirst: gallery === undefined ? emptyTable(list, count) : null,
      nearest: {
        count: nearest,
        rows: new Uint32Array(count * nearest).fill(noItem),
        distances: new Float32Array(count * nearest),
      },
      firstRelevant: new Uint32Array(count),
    };
  }

  /** Rows of the queries whose picture is in the gallery too; null if the pictures are not known. */
  get identicalQueries(): readonly number[] | null {
    return this.#identical?.queries ?? null;
  }

  #twins(query: number): ReadonlySet<number> {
    return this.#identical?.of(query) ?? new Set();
  }

  /**
   * Adds the ranking of one query.
   * @throws RangeError If it was added already, or ends too early for the measures.
   */
  add(ranking: Ranking): void {
    const { query } = ranking;
    const { byId, withoutIdentical, dropFirst, firstRelevant } = this.#measures;
    const put = (table: MeasureTable, marked: MarkedRanking): void =>
      addToTable(table, query, measureQuery(marked, this.#list));
    const marked = markRelevant(this.#relevance, ranking);
    put(byId, marked);
    firstRelevant[query] = rankOfFirst(this.#relevance, ranking);
    if (withoutIdentical !== null)
      put(withoutIdentical, markRelevantWithout(this.#relevance, ranking, this.#twins(query)));
    if (dropFirst !== null) put(dropFirst, markRelevantDropFirst(this.#relevance, includeSelf(ranking)));
    this.#keepNearest(ranking);
  }

  #keepNearest({ query, neighbours, distances }: Ranking): void {
    const { nearest } = this.#measures;
    const length = Math.min(nearest.count, neighbours.length);
    nearest.rows.set(neighbours.subarray(0, length), query * nearest.count);
    nearest.distances.set(distances.subarray(0, length), query * nearest.count);
  }

  /** The measures, complete once every query was added. */
  get measures(): AccumulatedMeasures {
    return this.#measures;
  }
}
