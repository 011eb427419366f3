import type { ProviderChoice } from '../runtime/index.ts';
import { blockSizes } from './search/blocks.ts';
import { checkPair, checkPositive, checkSizes } from './search/check.ts';
import { Engine } from './search/engine.ts';
import { marginOf } from './search/margin.ts';
import { Pace } from './search/pace.ts';
import { Ranker } from './search/ranker.ts';
import { Reach } from './search/reach.ts';
import { type Asked, settleAll, settleBest } from './search/settle.ts';
import { centreOf, measure, type Space } from './search/space.ts';
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
  /** Memory for blocks in bytes, besides the vectors and 30 bytes a row. Default 256 MiB. */
  readonly memory?: number | undefined;
  /** Ends the search between blocks: the generator throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told now and then, and at the end, how many of the queries have their ranking. */
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
  const { metric } = options;
  const centre = metric === 'l2' ? centreOf(gallery) : undefined;
  const items = measure('gallery', gallery, metric, centre);
  const queries = query === gallery ? items : measure('query', query, metric, centre);
  await using engine = await Engine.open(metric, queries, items, centre, options);
  const self = options.self ?? false;
  const depth = Math.min(options.depth, items.rows - (self ? 1 : 0));
  const ranker = new Ranker(metric, queries, items);
  const asked = { depth, self, ranker, reach: new Reach(query, gallery, self) };
  const margin = (row: number): number => marginOf(metric, queries, row, items, engine.provider);
  yield* search({ engine, queries, items, asked, margin, options });
}

interface Search {
  readonly engine: Engine;
  readonly queries: Space;
  readonly items: Space;
  readonly asked: Asked;
  readonly margin: (row: number) => number;
  readonly options: ExactSearchOptions;
}

const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, at) => start + at);

/** Items kept beyond those that are asked for: most of what lies within the margin, on CUDA a wider one. */
function keepOf({ engine, items, asked: { depth } }: Search): number {
  const spare = engine.provider === 'cuda' ? 64 + (depth >> 1) : 16 + (depth >> 4);
  return Math.min(items.rows, depth + 1 + spare);
}

async function* search(search: Search): AsyncGenerator<Ranking, void, undefined> {
  const { queries, items, options } = search;
  const keep = keepOf(search);
  const memory = options.memory ?? 256 * 2 ** 20;
  const size = blockSizes(memory, items.set.dimension, queries.rows, items.rows, keep * 64);
  const pace = new Pace(options.signal);
  let done = 0;
  for (let start = 0; start < queries.rows; start += size.queries) {
    const rows = range(start, Math.min(start + size.queries, queries.rows));
    // To keep a good part of a row costs more than to look at all of it.
    const worth = keep * 4 <= items.rows;
    const rest: number[] = [];
    const first = worth ? firstLook(search, rows, keep, size.items, pace, rest) : [];
    if (!worth) rest.push(...rows);
    for await (const ranking of first) yield tell(ranking);
    for await (const ranking of secondLook(search, rest, memory, pace)) yield tell(ranking);
  }

  function tell(ranking: Ranking): Ranking {
    done += 1;
    if (done === queries.rows || done % 64 === 0) options.onProgress?.(done, queries.rows);
    return ranking;
  }
}

/** Rankings out of the best items alone; the queries to which these do not suffice are added to `rest`. */
async function* firstLook(
  { engine, asked, margin }: Search,
  queries: readonly number[],
  keep: number,
  chunk: number,
  pace: Pace,
  rest: number[],
): AsyncGenerator<Ranking> {
  const best = await engine.best(queries, keep, chunk, pace);
  for (const [at, query] of queries.entries()) {
    await pace.breathe();
    const [from, to] = [at * keep, (at + 1) * keep];
    const own = { rows: best.rows.subarray(from, to), scores: best.scores.subarray(from, to) };
    const ranking = settleBest(asked, query, own, margin(query));
    if (ranking === undefined) rest.push(query);
    else yield ranking;
  }
}

/** Rankings out of the scores with the whole gallery, for as many queries at once as fit. */
async function* secondLook(
  { engine, items, asked, margin }: Search,
  queries: readonly number[],
  memory: number,
  pace: Pace,
): AsyncGenerator<Ranking> {
  if (queries.length === 0) return;
  const size = blockSizes(memory, items.set.dimension, queries.length, items.rows, 4 * items.rows);
  for (let start = 0; start < queries.length; start += size.queries) {
    const block = queries.slice(start, start + size.queries);
    const scores = await engine.all(block, size.items, pace);
    for (const [at, query] of block.entries()) {
      await pace.breathe();
      yield settleAll(asked, query, scores.subarray(at * items.rows, (at + 1) * items.rows), margin(query));
    }
  }
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
