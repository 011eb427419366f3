import { checkOneOf, checkWhole } from '../arguments.ts';
import type { ProviderChoice } from '../runtime/index.ts';
import {
  type Metric,
  type MetricOptions,
  metricNames,
  type NamedVectors,
  type Ranking,
  RankingCheck,
  settleMetric,
  weakNumbersOf,
} from '../vectors/index.ts';
import { BlockSearch } from './block-search.ts';
import { checkDimensions, checkSet } from './check-vectors.ts';
import { errorBound } from './error-bound.ts';
import { PreparedVectors } from './prepared-vectors.ts';
import { Ranker } from './ranker.ts';
import type { RankingRequest, RequiredItems } from './request.ts';
import { scanGallery } from './scan-gallery.ts';
import { Scorer } from './scorer.ts';

/** Options of `knn`. */
export interface KnnOptions {
  /** Neighbours that each query needs, from 1. If there are fewer items, all of them. */
  readonly k: number;
  readonly distance: Metric;
  /** The numbers of `weak-metric`. */
  readonly metricOptions?: MetricOptions | undefined;
  /** Leaves the item with the id of the query out of its ranking. Default false. */
  readonly excludeSelf?: boolean | undefined;
  /** Items that rankings must reach on to. Default: none. */
  readonly required?: RequiredItems | undefined;
  /** The provider that computes scores. Default `auto`. It does not change the rankings. */
  readonly provider?: ProviderChoice | undefined;
  /** Threads, from 1. Default: all that the process may use. */
  readonly threads?: number | undefined;
  /** Bytes of memory for blocks, besides the vectors and some 100 bytes per vector. Default 256 MiB. */
  readonly memory?: number | undefined;
  /** Aborts the search between blocks. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the number of queries that are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Compares every query with every item of the gallery and yields a ranking for each query, block after block; within a
 * block, queries that needed the whole gallery come last. The rankings are checked: what measures them need not do it.
 *
 * Rankings are those of true distances (`distanceFrom`), rounded to float32. Under cosine and L2 float32 products only
 * choose for which items that is done, with a bound on their errors, so neither blocks nor provider change a ranking;
 * under the other metrics it is done for all. A ranking holds at least `k` neighbours if there are so many, with
 * `required` the nearest of these items, and all items tied with its last. Equal distances are in the order of ids.
 * @param queries The same object as `gallery`: its norms are computed once.
 * @throws TypeError For an unknown metric.
 * @throws RangeError For options out of range, empty sets, sizes that contradict each other and ids that do not ascend.
 * @throws SnapshelfError `dimension-mismatch` if the two sets differ in dimension
 * @throws SnapshelfError `vector-invalid` for a vector with numbers that are not finite, or no probabilities under a
 * metric of these; `details` has `row` and `id`
 * @throws SnapshelfError `provider-unavailable`
 * @throws The reason of the signal once it is aborted.
 */
export async function* knn(
  queries: NamedVectors,
  gallery: NamedVectors,
  options: KnnOptions,
): AsyncGenerator<Ranking, void, undefined> {
  check(queries, gallery, options);
  const { k, distance, metricOptions, excludeSelf, required } = options;
  options.signal?.throwIfAborted();
  const ownRow = excludeSelf ? ownRows(queries.ids, gallery.ids) : () => -1;
  const ranker = new Ranker(queries, gallery, { metric: distance, metricOptions });
  const request = { k: Math.min(k, gallery.ids.length), ownRow, required, ranker };
  const checks = new RankingCheck(gallery.ids.length);
  for await (const ranking of rankings(queries, gallery, request, options))
    yield checks.check(ranking, ownRow(ranking.query));
}

async function* rankings(
  queries: NamedVectors,
  gallery: NamedVectors,
  request: RankingRequest,
  options: KnnOptions,
): AsyncGenerator<Ranking, void, undefined> {
  const { distance, metricOptions } = options;
  const vectors = new PreparedVectors(queries, gallery, distance);
  if (weakNumbersOf({ metric: distance, metricOptions }) !== undefined) {
    yield* scanGallery(request, queries.ids.length, gallery.ids.length, options);
    return;
  }
  await using scorer = await Scorer.open(vectors, options);
  const errorOf = (row: number): number => errorBound(vectors, row, scorer.provider);
  yield* new BlockSearch({ scorer, vectors, request, errorOf, options }).run();
}

/** Finds the row of the gallery with the id of each query; -1 if there is none. */
function ownRows(queries: readonly string[], gallery: readonly string[]): (query: number) => number {
  if (queries === gallery) return (query) => query;
  const rows = new Map(gallery.map((id, row) => [id, row]));
  return (query) => rows.get(queries[query] as string) ?? -1;
}

function check(queries: NamedVectors, gallery: NamedVectors, options: KnnOptions): void {
  const { k, distance, metricOptions, memory } = options;
  checkOneOf('distance', distance, metricNames);
  settleMetric({ metric: distance, metricOptions });
  checkWhole('k', k, { from: 1 });
  if (memory !== undefined) checkWhole('memory', memory, { from: 1 });
  checkSet('query', queries);
  checkSet('gallery', gallery);
  checkDimensions(queries, gallery);
}
