import {
  bindingOf,
  type CursorSeal,
  checkSearchOptions,
  checkVector,
  decodeSearchCursor,
  encodeSearchCursor,
  type Hit,
  type SearchAnswer,
  type SearchOptions,
  type SearchPosition,
} from '../../engine/index.ts';
import { spellingsOf } from '../../text.ts';
import { metricOf, type Neighbour, scoreOf } from '../../vectors/index.ts';
import { hnswDefaults } from '../ann/hnsw-options.ts';
import type { IndexManager } from '../ann/index-manager.ts';
import type { Bitmap } from '../memory/bitmap.ts';
import type { CollectionMemory } from '../memory/collection-memory.ts';
import { exactScan, nearestOf } from '../memory/exact-scan.ts';
import type { VectorMemory } from '../memory/vector-memory.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { Identity } from '../storage/known-ids.ts';
import type { VectorSpace } from '../storage/settings.ts';
import { EarlierProducts } from './earlier-products.ts';
import type { ExactSearchLimits } from './exact-search-limits.ts';
import { type Page, type PageRequest, rankPage } from './ranking.ts';
import { TieOrder } from './tie-order.ts';

/** The parts of a collection that a search reads. */
export interface SearchTarget {
  readonly queries: CollectionQueries;
  readonly memory: CollectionMemory;
  readonly indexManager: IndexManager;
  readonly space: VectorSpace;
  /** Vectors in all. */
  readonly items: number;
  readonly exactSearchLimits: ExactSearchLimits;
  /** Signs cursors. */
  readonly cursorKey: Uint8Array;
}

/** Default of `SearchOptions.k`. */
const defaultK = 10;
/** Above so many HNSW candidates an exact scan is the better way. */
const maxFetched = 4000;

/**
 * Finds the nearest items. Yields between slices of work.
 * @throws SnapshelfError `dimension-mismatch`, `vector-invalid`, `filter-invalid`, `cursor-invalid`, `id-invalid`;
 * RangeError or TypeError for options that are not accepted.
 */
export function* search(
  target: SearchTarget,
  query: Float32Array,
  options: SearchOptions,
): Generator<void, SearchAnswer> {
  checkVector(query, target.space);
  checkSearchOptions(options);
  const request = new Request(target, query, options);
  return yield* request.answer();
}

/** Ids as they are given, and in their other spellings. */
const spellings = (ids: readonly string[] = []): ReadonlySet<string> => new Set(ids.flatMap(spellingsOf));

class Request {
  readonly #target: SearchTarget;
  readonly #vectors: VectorMemory;
  readonly #query: Float32Array;
  readonly #options: SearchOptions;
  readonly #k: number;
  readonly #seal: CursorSeal;
  readonly #position: SearchPosition;
  readonly #wanted: PageRequest;
  /** The rows that the filter lets through, undefined without one, and the number of items that pass. */
  #allow: Bitmap | undefined;
  #total: number;

  constructor(target: SearchTarget, query: Float32Array, options: SearchOptions) {
    this.#target = target;
    this.#vectors = target.memory.vectorsOf(target.space);
    this.#query = query;
    this.#options = options;
    this.#total = target.items;
    this.#k = options.k ?? defaultK;
    this.#seal = { key: target.cursorKey, binding: this.#bind() };
    this.#position =
      options.after === undefined ? { shown: [] } : decodeSearchCursor(options.after, this.#seal);
    this.#wanted = this.#pageRequest();
  }

  *answer(): Generator<void, SearchAnswer> {
    const start = performance.now();
    const { filter } = this.#options;
    const { metricOptions } = this.#target.space;
    if (filter !== undefined) {
      this.#allow = yield* this.#target.memory.matching(filter);
      this.#total = this.#allow.count();
    }
    const filtered = performance.now();
    const approximate = this.#isHnswWorthIt() ? yield* this.#approximate() : undefined;
    const { page, compared } = approximate ?? (yield* this.#exact());
    const found = performance.now();
    const { hits, shown } = this.#hits(page);
    const done = performance.now();
    const damaged = this.#vectors.damaged.size + this.#target.queries.damaged.size;
    return {
      hits,
      total: this.#total,
      hidden: page.hidden,
      ...(damaged > 0 && { damaged }),
      next: shown.more ? this.#next(shown, approximate !== undefined) : null,
      searched: {
        kind: approximate === undefined ? 'exact' : 'hnsw',
        ef: approximate?.ef ?? null,
        metric: this.#target.space.metric,
        ...(metricOptions && { metricOptions }),
        candidates: compared,
      },
      timings: { filterMs: filtered - start, searchMs: found - filtered, fetchMs: done - found },
    };
  }

  #isAllowed(sequence: number): boolean {
    if (this.#allow === undefined) return true;
    const row = this.#target.memory.rows.table.rowOf(sequence);
    return row !== undefined && this.#allow.has(row);
  }

  /** After the first page the order is the exact one, so that pages neither repeat nor skip. */
  #isHnswWorthIt(): boolean {
    const { exact, after } = this.#options;
    if (exact === true || after !== undefined) return false;
    const { space, exactSearchLimits } = this.#target;
    const { scanCost } = metricOf(space.metric);
    return this.#allow === undefined || this.#total * space.dimension * scanCost > exactSearchLimits.filtered;
  }

  /** A page from HNSW candidates; undefined where they do not settle it. */
  *#approximate(): Generator<void, { page: Page; compared: number; ef: number } | undefined> {
    const { indexManager, space, exactSearchLimits } = this.#target;
    const built = indexManager.searchable;
    if (built === undefined) return undefined;
    const tailLimit = Math.floor(exactSearchLimits.tail / space.dimension);
    const tail = this.#vectors.table.sequencesAfter(built.upTo, tailLimit + 1);
    if (tail.length > tailLimit) return undefined;
    const ef = this.#options.ef ?? hnswDefaults.ef;
    const most = Math.min(maxFetched, built.index.size / 4);
    for (let n = this.#firstFetch(); n <= most; n *= 4) {
      // A search finds its last candidates least surely, and a filter may let through only those.
      const width = Math.max(ef, this.#allow === undefined ? n : 2 * n);
      const near = indexManager.nearest(built, this.#query, n, width);
      if (near === undefined) return undefined;
      const list = yield* this.#compare([...near.map(({ sequence }) => sequence), ...tail]);
      const page = yield* rankPage({ list, complete: false }, this.#wanted);
      if (page.settled && !page.tied) return { page, compared: list.length, ef: width };
    }
    return undefined;
  }

  /** Estimates the HNSW candidates that give `k` answers after filtering, grouping and exclusion. */
  #firstFetch(): number {
    const selectivity = this.#total / Math.max(1, this.#target.items);
    const wanted = (this.#k + 1) * (this.#options.group === 'item' ? 1 : 3);
    const { overFetch } = metricOf(this.#target.space.metric).index;
    // Twice as many: a graph of float16 has the tenth nearest among its first twenty, as measured.
    return overFetch * Math.ceil((2 * wanted) / selectivity) + (this.#options.exclude?.length ?? 0);
  }

  /** The true distances of candidates, by the very code of the exact search. */
  #compare(sequences: readonly number[]): Generator<void, Neighbour[]> {
    const allowed = sequences.filter((sequence) => this.#isAllowed(sequence));
    return nearestOf(this.#vectors, allowed, { vector: this.#query, choice: this.#target.space });
  }

  *#exact(): Generator<void, { page: Page; compared: number }> {
    const { space } = this.#target;
    const compared = this.#total;
    const scan = {
      vector: this.#query,
      choice: space,
      allow: this.#allow,
      from: this.#position.last?.distance,
    };
    for (let n = 4 * (this.#k + 16) + (this.#options.exclude?.length ?? 0); ; n *= 16) {
      const list = yield* exactScan(this.#vectors, { ...scan, n });
      const page = yield* rankPage({ list, complete: list.length < n }, this.#wanted);
      if (page.settled) return { page, compared };
    }
  }

  #pageRequest(): PageRequest {
    const { group, exclude, excludeProducts, sort, minScore = Number.NEGATIVE_INFINITY } = this.#options;
    const { queries, space } = this.#target;
    const order = new TieOrder(queries, sort ?? []);
    const { shown, last } = this.#position;
    const excluded = spellings(exclude);
    const byProduct = group !== 'item';
    const isAllowed = ({ sequence, id }: Identity): boolean => !excluded.has(id) && this.#isAllowed(sequence);
    const query = { vector: this.#query, choice: space };
    return {
      queries,
      k: this.#k,
      byProduct,
      exclude: excluded,
      excludeProducts: spellings(excludeProducts),
      order,
      shown,
      last,
      earlier:
        byProduct && last !== undefined
          ? new EarlierProducts({ queries, vectors: this.#vectors, order, last, isAllowed, query })
          : undefined,
      isNearEnough: (distance) => this.#score(distance) >= minScore,
    };
  }

  /** The page's answers, and what is left of it when their metadata is too much for all: the rest comes after it. */
  #hits(page: Page): { readonly hits: Hit[]; readonly shown: Page } {
    const { items, looked } = this.#target.queries.items(page.found.map(({ sequence }) => sequence));
    const isWhole = looked === page.found.length;
    const shown = isWhole ? page : { ...page, found: page.found.slice(0, looked), more: true };
    const hits = shown.found.flatMap(({ sequence, distance }) => {
      const item = items.get(sequence);
      return item === undefined ? [] : [{ item, distance, score: this.#score(distance) }];
    });
    return { hits, shown };
  }

  #score(distance: number): number {
    return scoreOf(this.#target.space.metric, distance);
  }

  #next(page: Page, approximate: boolean): string {
    const shown = approximate ? page.found.map(({ sequence }) => sequence) : this.#position.shown;
    const last = approximate ? undefined : page.found.at(-1);
    return encodeSearchCursor(this.#seal, { shown, last });
  }

  #bind(): string {
    const { filter, group, exclude, excludeProducts, sort, minScore } = this.#options;
    const bytes = new Uint8Array(this.#query.buffer, this.#query.byteOffset, this.#query.byteLength);
    const rest: unknown[] = [group ?? 'product', filter ?? null, exclude ?? [], minScore ?? null];
    // Cursors of earlier releases, which had neither, go on.
    if (excludeProducts !== undefined || sort !== undefined) rest.push(excludeProducts ?? [], sort ?? []);
    return bindingOf('search', String(this.#target.space.generation), bytes, JSON.stringify(rest));
  }
}
