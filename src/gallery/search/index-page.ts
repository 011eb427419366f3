import { keepsOutNear } from '../../engine/index.ts';
import type { Sliced } from '../../threads/index.ts';
import { type MetricChoice, metricOf, type Neighbour, TopK } from '../../vectors/index.ts';
import { hnswDefaults } from '../ann/hnsw-options.ts';
import type { IndexBuild } from '../ann/index-build.ts';
import type { IndexManager } from '../ann/index-manager.ts';
import { Bitmap } from '../memory/bitmap.ts';
import { exactScan, nearestOf } from '../memory/exact-scan.ts';
import type { VectorMemory } from '../memory/vector-memory.ts';
import type { ExactSearchLimits } from './exact-search-limits.ts';
import { type Page, type PageRequest, rankPage } from './ranking.ts';

/** Above so many HNSW candidates an exact scan is the better way. */
const maxFetched = 4000;
/** Numbers up to which what is not in the index is compared one by one, also before memory is filled. */
const fewNumbers = 2 ** 20;

/** A search by the index. */
export interface IndexSearch {
  readonly indexManager: IndexManager;
  readonly vectors: VectorMemory;
  readonly limits: ExactSearchLimits;
  readonly query: { readonly vector: Float32Array; readonly choice: MetricChoice };
  /** The rows that the filter lets through, undefined without one, and the number of items that pass. */
  readonly allow: Bitmap | undefined;
  readonly total: number;
  /** Vectors in all. */
  readonly items: number;
  readonly ef?: number | undefined;
  readonly wanted: PageRequest;
}

/** A page from candidates of the index. */
export interface IndexPage {
  readonly page: Page;
  readonly compared: number;
  readonly ef: number;
}

/** Finds candidates of a page in the index, and beside it in what the index does not have yet. */
class IndexCandidates {
  readonly #search: IndexSearch;
  readonly #built: IndexBuild;
  /** The index goes on taking vectors up; those above that sequence number are compared beside it. */
  readonly #upTo: number;
  /** The rows that are not in the index, as far as the filter lets them through; undefined if there are none. */
  readonly #tail: Bitmap | undefined;

  constructor(search: IndexSearch, built: IndexBuild) {
    this.#search = search;
    this.#built = built;
    const { table } = search.vectors;
    this.#upTo = built.upTo;
    const first = table.firstFrom(this.#upTo + 1);
    if (first === table.length) return;
    this.#tail = Bitmap.from(table.length, first).and(table.living);
    if (search.allow !== undefined) this.#tail.and(search.allow);
  }

  /** True if so little is outside of the index, or so much in it, that asking it and scanning the rest is quicker than a scan of all. */
  get isWorthIt(): boolean {
    const { limits, query, total, vectors } = this.#search;
    const outside = this.#tail?.count() ?? 0;
    if (outside <= total / 2 || outside * query.vector.length <= limits.tail) return true;
    const { scanCost } = metricOf(vectors.space.metric);
    return (total - outside) * query.vector.length * scanCost > limits.filtered;
  }

  /**
   * Finds candidates, nearest first, of which none is left out that is not in the index. Returns undefined if the index fails, or the
   * filter keeps out what is near: what it lets through is farther away then, and there a graph finds least surely.
   */
  *find(n: number, ef: number): Sliced<Neighbour[] | undefined> {
    const { indexManager, query, vectors } = this.#search;
    const near = yield* indexManager.nearest(this.#built, query.vector, n, ef);
    if (near === undefined) return undefined;
    // A list comes shard by shard: only distances order it.
    const all = yield* nearestOf(
      vectors,
      near.filter((sequence) => sequence <= this.#upTo),
      query,
    );
    const found = all.filter(({ sequence }) => this.#isAllowed(sequence));
    if (this.#keepsOut(all, found)) return undefined;
    return this.#tail === undefined ? found : joined(found, yield* this.#outside(this.#tail, n), n);
  }

  *#outside(tail: Bitmap, n: number): Sliced<Neighbour[]> {
    const { query, vectors } = this.#search;
    const { table } = vectors;
    if (tail.count() * query.vector.length > fewNumbers)
      return yield* exactScan(vectors, { ...query, n, allow: tail });
    const sequences = Array.from(tail.rows(), (row) => table.sequenceAt(row));
    return (yield* nearestOf(vectors, sequences, query)).slice(0, n);
  }

  /** True if, up to the last candidate of the page, the filter kept out more than it would if it did not depend on the distance. */
  #keepsOut(near: readonly Neighbour[], passing: readonly Neighbour[]): boolean {
    const { total, items, wanted } = this.#search;
    const successes = Math.min(passing.length, answersOf(wanted) * candidatesPerAnswer(wanted));
    const ranks: number[] = [];
    for (let i = 0; ranks.length < successes; i += 1)
      if (near[i] === passing[ranks.length]) ranks.push(i + 1);
    const looked = successes < passing.length ? (ranks.at(-1) ?? 0) : near.length;
    return keepsOutNear(ranks, looked, total / Math.max(1, items));
  }

  #isAllowed(sequence: number): boolean {
    const { allow, vectors } = this.#search;
    if (allow === undefined) return true;
    const row = vectors.table.rowOf(sequence);
    return row !== undefined && allow.has(row);
  }
}

/** Joins what the index found and the `n` nearest outside of it, as far as the latter are known: up to the last of n. */
function joined(found: readonly Neighbour[], outside: readonly Neighbour[], n: number): Neighbour[] {
  const best = new TopK(found.length + outside.length + 1);
  const limit = outside.length < n ? Number.POSITIVE_INFINITY : (outside.at(-1)?.distance ?? 0);
  for (const { sequence, distance } of outside) best.offer(sequence, distance);
  for (const { sequence, distance } of found) if (distance <= limit) best.offer(sequence, distance);
  return best.sorted();
}

/** Finds a page by the index; returns undefined where that is not worth it, or its candidates do not settle the page. */
export function* pageFromIndex(search: IndexSearch): Sliced<IndexPage | undefined> {
  const { indexManager, allow, wanted, vectors, limits, items } = search;
  const built = indexManager.searchable;
  if (built === undefined) return undefined;
  const candidates = new IndexCandidates(search, built);
  if (!candidates.isWorthIt) return undefined;
  const ef = search.ef ?? hnswDefaults.ef;
  const most = Math.min(maxFetched, built.index.size / 4);
  for (let n = firstFetch(search); n <= most; n *= 4) {
    // A later page asks for more than the first; a scan of few vectors is quicker then.
    if (wanted.shown.length > 0 && items * vectors.space.dimension <= n * limits.candidate) return undefined;
    // A search finds its last candidates least surely, and a filter may let through only those.
    const width = Math.max(ef, allow === undefined ? n : 2 * n);
    const list = yield* candidates.find(n, width);
    if (list === undefined) return undefined;
    const page = yield* rankPage({ list, complete: false }, wanted);
    if (page.settled && !page.tied) return { page, compared: list.length, ef: width };
  }
  return undefined;
}

/** Estimates the HNSW candidates that give the page after filtering, grouping, exclusion and what earlier pages showed. */
function firstFetch({ total, items, wanted, vectors }: IndexSearch): number {
  const selectivity = total / Math.max(1, items);
  const { overFetch } = metricOf(vectors.space.metric).index;
  // Twice as many: a graph of float16 has the tenth nearest among its first twenty, as measured.
  const answers = wanted.k + 1 + answersOf(wanted);
  return overFetch * Math.ceil((answers * candidatesPerAnswer(wanted)) / selectivity) + wanted.exclude.size;
}

/** The answers up to the last of a page, and one. */
const answersOf = ({ k, shown }: PageRequest): number => k + 1 + shown.length;

/** Items that a product is taken to have. */
const candidatesPerAnswer = ({ byProduct }: PageRequest): number => (byProduct ? 3 : 1);
