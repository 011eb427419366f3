import { checkWhole } from '../../arguments.ts';
import type { ProviderChoice } from '../../runtime/index.ts';
import { settleMetric, weakNumbersOf } from '../../vectors/index.ts';
import type { LabelledVectors, MetricChoice, Ranking } from '../types.ts';
import { BlockSearch } from './block-search.ts';
import { checkPair, checkSizes } from './check-vectors.ts';
import { errorBound } from './error-bound.ts';
import { PreparedVectors } from './prepared-vectors.ts';
import { Ranker } from './ranker.ts';
import { RequiredNeighbours } from './required-neighbours.ts';
import { scanGallery } from './scan-gallery.ts';
import { Scorer } from './scorer.ts';

/** Options of `exactSearch`. */
export interface ExactSearchOptions extends MetricChoice {
  /** Neighbours that each query needs, from 1. If there are fewer items, all of them. */
  readonly depth: number;
  /** Self-retrieval: the gallery is the queries, row by row, and no query finds itself. Default false. */
  readonly self?: boolean | undefined;
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
 * block, queries that needed the whole gallery come last.
 *
 * Rankings are those of true distances, computed from the given vectors with float64 sums and rounded to float32. Under cosine and L2 float32
 * products only choose for which items that is done, with a bound on their errors, so neither blocks nor provider change
 * a ranking; under the other metrics it is done for all. A ranking holds at least `depth` neighbours if there are so many, the nearest relevant item (one with an
 * equal label), with `hashes` the nearest one that is not an identical picture if there is one, and all items tied with
 * its last.
 * @throws TypeError For an unknown metric.
 * @throws RangeError For options out of range, empty sets and sizes that contradict each other.
 * @throws SnapshelfError `dimension-mismatch` if the two sets differ in dimension
 * @throws SnapshelfError `vector-invalid` for a vector with numbers that are not finite, of length 0 under cosine, or no
 * probabilities under a metric of these;
 * `details` has `row` and `id`
 * @throws SnapshelfError `provider-unavailable`
 * @throws The reason of the signal once it is aborted.
 */
export async function* exactSearch(
  query: LabelledVectors,
  gallery: LabelledVectors,
  options: ExactSearchOptions,
): AsyncGenerator<Ranking, void, undefined> {
  const { self = false, depth } = options;
  check(query, gallery, options);
  options.signal?.throwIfAborted();
  const vectors = new PreparedVectors(query, gallery, options.metric);
  const request = {
    depth: Math.min(depth, gallery.ids.length - (self ? 1 : 0)),
    self,
    ranker: new Ranker(vectors, options.metricOptions),
    required: new RequiredNeighbours(query, gallery, self),
  };
  if (weakNumbersOf(options) !== undefined) {
    yield* scanGallery(request, query.ids.length, gallery.ids.length, options);
    return;
  }
  await using scorer = await Scorer.open(vectors, options);
  const errorOf = (row: number): number => errorBound(vectors, row, scorer.provider);
  yield* new BlockSearch({ scorer, vectors, request, errorOf, options }).run();
}

function check(query: LabelledVectors, gallery: LabelledVectors, options: ExactSearchOptions): void {
  const { depth, memory, self } = options;
  settleMetric(options);
  checkWhole('depth', depth, { from: 1 });
  if (memory !== undefined) checkWhole('memory', memory, { from: 1 });
  checkSizes('query', query);
  checkSizes('gallery', gallery);
  checkPair(query, gallery, self ?? false);
}
