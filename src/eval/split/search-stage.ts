import type { Engine, Filter, Hit, SearchOptions } from '../../engine/index.ts';
import { type MeasureList, measureList, measuresOfRanks } from '../../metrics/index.ts';
import { rowOf } from '../../vectors/index.ts';
import type { LabelledVectors } from '../types.ts';
import type { StageMeasures } from './stage-measures.ts';

/** A collection that holds the gallery, to be searched as users do. */
export interface SearchedCollection {
  readonly engine: Engine;
  readonly name: string;
  /** The filter that separates the gallery from the collection's other items; undefined if nothing does. */
  readonly filter?: Filter | undefined;
  /** The product of an item, by its id. */
  readonly productOf: (id: string) => string;
}

/** The queries of the search stages. */
export interface SearchedQueries {
  readonly queries: LabelledVectors;
  readonly gallery: LabelledVectors | undefined;
  /** The rows to search with. */
  readonly rows: readonly number[];
  readonly ks: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** The way that one stage searches. */
export type SearchWay = Pick<SearchOptions, 'exact' | 'filter'> & { readonly group: 'item' | 'product' };

/** The outcome of the searches of a stage. */
export interface SearchedStage {
  readonly measures: StageMeasures;
  /** Median milliseconds of a search for the first 10, on the thread that keeps the collection. */
  readonly milliseconds: number;
  /** Searches for the first 10, and how many of them the index answered. */
  readonly searches: number;
  readonly byIndex: number;
}

/** Answers of a search as users make it: the default of a search. */
const usual = 10;
/** The most answers of one page. */
const largestPage = 1000;

/** Counts what is right for each label: the items, or the products. */
function relevantCounts(
  items: LabelledVectors,
  groupOf: (id: string) => string,
): (label: string, without?: string) => number {
  const groups = new Map<string, Map<string, number>>();
  for (const [row, id] of items.ids.entries()) {
    const ofLabel = groups.get(items.labels[row] ?? '') ?? new Map<string, number>();
    ofLabel.set(groupOf(id), (ofLabel.get(groupOf(id)) ?? 0) + 1);
    groups.set(items.labels[row] ?? '', ofLabel);
  }
  return (label, without) => {
    const ofLabel = groups.get(label);
    const alone = without !== undefined && ofLabel?.get(groupOf(without)) === 1;
    return (ofLabel?.size ?? 0) - (alone ? 1 : 0);
  };
}

const both = (a: Filter | undefined, b: Filter | undefined): Filter | undefined =>
  a === undefined || b === undefined ? (a ?? b) : { and: [a, b] };

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** Searches pages until `depth` answers are there, or none are left. */
async function nearest(
  { engine, name }: SearchedCollection,
  vector: Float32Array,
  options: SearchOptions,
  depth: number,
): Promise<Hit[]> {
  const hits: Hit[] = [];
  let after: string | undefined;
  do {
    const k = Math.min(largestPage, depth - hits.length);
    const page = await engine.search(name, vector, { ...options, k, after });
    hits.push(...page.hits);
    after = page.next ?? undefined;
  } while (after !== undefined && hits.length < depth);
  return hits;
}

/** Collects the measures of queries, one column per name. */
class Columns {
  readonly #columns = new Map<string, number[]>();

  /** Adds those measures of a query that `wanted` takes. */
  add(list: MeasureList, ranks: readonly number[], right: number, wanted: ReadonlySet<string>): void {
    const values = measuresOfRanks(ranks, Math.max(right, 1), list);
    for (const [at, name] of list.names.entries()) {
      if (!wanted.has(name)) continue;
      const column = this.#columns.get(name) ?? [];
      column.push(values[at] ?? Number.NaN);
      this.#columns.set(name, column);
    }
  }

  get measures(): StageMeasures {
    return this.#columns;
  }
}

/**
 * Measures queries by searches of a collection: those of the usual 10 answers for Recall@K up to 10, and deeper ones for
 * what reaches further. What a search does not find is a miss; what is right is counted over the whole gallery, whatever a
 * filter lets through.
 * @throws SnapshelfError as `Engine.search`; the reason of the signal once it is aborted.
 */
export async function searchStage(
  place: SearchedCollection,
  { queries, gallery, rows, ks, signal }: SearchedQueries,
  { group, exact, filter }: SearchWay,
  onProgress?: (done: number, total: number) => void,
): Promise<SearchedStage> {
  const items = gallery ?? queries;
  const labels = new Map(items.ids.map((id, row) => [id, items.labels[row]]));
  const relevant = relevantCounts(items, group === 'product' ? place.productOf : (id) => id);
  const list = measureList(ks);
  const near = new Set(ks.filter((k) => k <= usual).map((k) => `recall@${k}`));
  const far = new Set(list.names.filter((name) => !near.has(name)));
  const deepest = Math.max(...ks);
  const columns = new Columns();
  const times: number[] = [];
  let byIndex = 0;
  for (const [done, row] of rows.entries()) {
    signal?.throwIfAborted();
    const label = queries.labels[row] ?? '';
    const own = gallery === undefined ? queries.ids[row] : undefined;
    const exclude = own === undefined ? undefined : [own];
    const options: SearchOptions = { group, exact, exclude, signal, filter: both(place.filter, filter) };
    const vector = rowOf(queries, row).slice();
    const ranksOf = (hits: readonly Hit[]): number[] =>
      hits.flatMap(({ item }, at) => (labels.get(item.id) === label ? [at + 1] : []));
    const answer = await place.engine.search(place.name, vector, { ...options, k: usual });
    const { filterMs, searchMs, fetchMs } = answer.timings;
    times.push(filterMs + searchMs + fetchMs);
    if (answer.searched.kind === 'hnsw') byIndex += 1;
    const right = relevant(label, own);
    columns.add(list, ranksOf(answer.hits), right, near);
    const depth = Math.max(right, deepest);
    const hits = depth <= usual ? answer.hits : await nearest(place, vector, options, depth);
    columns.add(list, ranksOf(hits), right, far);
    onProgress?.(done + 1, rows.length);
  }
  return { measures: columns.measures, milliseconds: medianOf(times), searches: rows.length, byIndex };
}
