import {
  bindingOf,
  type CursorSeal,
  checkSearchOptions,
  checkVector,
  decodeSearchCursor,
  encodeSearchCursor,
  type Hit,
  mostShown,
  type SearchAnswer,
  type SearchOptions,
  type SearchPosition,
} from '../../engine/index.ts';
import { spellingsOf } from '../../text.ts';
import type { Sliced } from '../../threads/index.ts';
import { metricOf, scoreOf } from '../../vectors/index.ts';
import type { IndexManager } from '../ann/index-manager.ts';
import type { Bitmap } from '../memory/bitmap.ts';
import type { CollectionMemory } from '../memory/collection-memory.ts';
import { exactScan } from '../memory/exact-scan.ts';
import type { VectorMemory } from '../memory/vector-memory.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { Identity } from '../storage/known-ids.ts';
import type { VectorSpace } from '../storage/settings.ts';
import { EarlierProducts } from './earlier-products.ts';
import type { ExactSearchLimits } from './exact-search-limits.ts';
import { type IndexPage, pageFromIndex } from './index-page.ts';
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

/**
 * Finds the nearest items. Yields between slices of work.
 * @throws SnapshelfError `dimension-mismatch`, `vector-invalid`, `filter-invalid`, `cursor-invalid`, `id-invalid`;
 * RangeError or TypeError for options that are not accepted.
 */
export function* search(
  target: SearchTarget,
  query: Float32Array,
  options: SearchOptions,
): Sliced<SearchAnswer> {
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

  *answer(): Sliced<SearchAnswer> {
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

  /** Pages come from the index up to as many answers as a cursor can name, and have the exact order from then on. */
  #isHnswWorthIt(): boolean {
    const { shown, last } = this.#position;
    if (this.#options.exact === true || last !== undefined || shown.length + this.#k > mostShown)
      return false;
    const { space, exactSearchLimits } = this.#target;
    const { scanCost } = metricOf(space.metric);
    return this.#allow === undefined || this.#total * space.dimension * scanCost > exactSearchLimits.filtered;
  }

  *#approximate(): Sliced<IndexPage | undefined> {
    const { indexManager, space, exactSearchLimits: limits, items } = this.#target;
    const query = { vector: this.#query, choice: space };
    // After a start the index is there long before all vectors are.
    if (this.#vectors.isBehind) yield indexManager.loading;
    // What was written meanwhile is none of this search's.
    this.#allow?.grow(this.#vectors.table.length);
    return yield* pageFromIndex({
      indexManager,
      vectors: this.#vectors,
      limits,
      query,
      allow: this.#allow,
      total: this.#total,
      items,
      ef: this.#options.ef,
      wanted: this.#wanted,
    });
  }

  *#exact(): Sliced<{ page: Page; compared: number }> {
    const { space } = this.#target;
    const compared = this.#total;
    const scan = {
      vector: this.#query,
      choice: space,
      allow: this.#allow,
      from: this.#position.last?.distance,
    };
    // As many items of each product as it takes to fill a page of a usual catalogue; without products some ties are allowed for.
    const perAnswer = this.#wanted.byProduct ? 4 : 1;
    for (let n = perAnswer * (this.#k + 16) + (this.#options.exclude?.length ?? 0); ; n *= 16) {
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
    const { shown: before } = this.#position;
    const shown = approximate ? [...before, ...page.found.map(({ sequence }) => sequence)] : before;
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
