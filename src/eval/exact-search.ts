import type { ProviderChoice } from '../runtime/index.ts';
import { checkPair, checkPositive, checkSizes } from './search/check.ts';
import { Engine } from './search/engine.ts';
import { marginOf } from './search/margin.ts';
import { Ranker } from './search/ranker.ts';
import { Reach } from './search/reach.ts';
import { Search } from './search/search.ts';
import { View } from './search/view.ts';
import type { LabelledVectors, Metric, Ranking } from './types.ts';

/** How to search; what has a default may be left out. */
export interface ExactSearchOptions {
  readonly metric: Metric;
  /** How many neighbours each query needs, from 1; more than there are is all there are. */
  readonly depth: number;
  /** Self-retrieval: the gallery is the queries, row by row, and no query finds itself. Default false. */
  readonly self?: boolean | undefined;
  /** Where products are computed. Default `auto`. The rankings are the same everywhere. */
  readonly provider?: ProviderChoice | undefined;
  /** Threads, 1 or more. Default: all that the process may use. */
  readonly threads?: number | undefined;
  /** Memory for blocks in bytes, besides the vectors and some 100 bytes for each of them. Default 256 MiB. */
  readonly memory?: number | undefined;
  /** Ends the search between blocks: the generator throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how far the search is, as a number of queries; the total once all are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Compares every query with every item of the gallery and yields a ranking for each query, whole blocks of queries in
 * turn; within a block, queries that needed a second look come last. The order and the rankings are those of true
 * distances: computed from the vectors as given with float64 sums, then rounded to float32. Float32 products only choose
 * for which items that is done, with a margin that bounds their errors; neither blocks nor provider change a ranking.
 *
 * A ranking holds at least `depth` neighbours where there are so many, and the nearest relevant item (equal label),
 * with `hashes` the nearest that is not an identical picture, where there is one; and all that is tied with its last.
 *
 * Thrown at the first step: RangeError for options out of range, for empty sets and for sizes that contradict each other;
 * SnapshelfError `dimension-mismatch` when the two sets differ in dimension, `vector-invalid` for a vector with numbers
 * that are not finite or, under cosine, without length (`details` has `row` and `id`), `provider-unavailable`.
 */
export async function* exactSearch(
  query: LabelledVectors,
  gallery: LabelledVectors,
  options: ExactSearchOptions,
): AsyncGenerator<Ranking, void, undefined> {
  check(query, gallery, options);
  options.signal?.throwIfAborted();
  const view = new View(query, gallery, options.metric);
  await using engine = await Engine.open(view, options);
  const self = options.self ?? false;
  const asked = {
    depth: Math.min(options.depth, gallery.ids.length - (self ? 1 : 0)),
    self,
    ranker: new Ranker(view),
    reach: new Reach(query, gallery, self),
  };
  const margin = (row: number): number => marginOf(view, row, engine.provider);
  yield* new Search({ engine, view, asked, margin, options }).run();
}

function check(
  query: LabelledVectors,
  gallery: LabelledVectors,
  { metric, depth, memory, self }: ExactSearchOptions,
): void {
  if (metric !== 'cosine' && metric !== 'l2')
    throw new RangeError(`metric must be 'cosine' or 'l2', not ${String(metric)}`);
  checkPositive('depth', depth);
  if (memory !== undefined) checkPositive('memory', memory);
  checkSizes('query', query);
  checkSizes('gallery', gallery);
  checkPair(query, gallery, self ?? false);
}
