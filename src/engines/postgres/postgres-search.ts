import {
  type CursorSeal,
  checkSearchOptions,
  checkVector,
  decodeSearchCursor,
  encodeSearchCursor,
  fieldOf,
  keepsOutNear,
  mostCandidates,
  type SearchAnswer,
  type SearchOptions,
  type SearchPosition,
} from '../../engine/index.ts';
import { spellingsOf } from '../../text.ts';
import { scoreOf } from '../../vectors/index.ts';
import type { Client } from './connection.ts';
import { filterSql } from './filter-sql.ts';
import { fillPage, type ItemRow, itemColumns } from './item-rows.ts';
import { modelMismatch } from './model-mismatch.ts';
import {
  countItems,
  indexNearest,
  itemsOfProducts,
  productsOf,
  type Query,
  scanNearest,
} from './postgres-candidates.ts';
import { comparePlaces, type Page, type PageRequest, type Place, rankPage } from './ranking.ts';
import { type ScanLimits, scanLimits } from './scan-limits.ts';
import { sealOf } from './search-seal.ts';
import { type CollectionRow, fieldTypes, hnsw, tablesOf } from './tables.ts';

const defaultK = 10;
/** The widest search of pgvector's index. */
const maxWidth = 1000;
/** Candidates that the index names at most, one after the other. Where a filter takes more, or more than it lets through, a scan is as quick. */
const maxLooked = 20_000;

const spellings = (ids: readonly string[] = []): ReadonlySet<string> => new Set(ids.flatMap(spellingsOf));

/** A page with how it was found. */
interface FoundPage {
  readonly page: Page;
  readonly compared: number;
  readonly ef: number | null;
}

/**
 * Finds the nearest items of a collection in a transaction that reads; see `Engine.search`.
 * @throws SnapshelfError `model-mismatch`, `dimension-mismatch`, `vector-invalid`, `filter-invalid`, `cursor-invalid`; RangeError.
 */
export async function search(
  client: Client,
  collection: CollectionRow,
  vector: Float32Array,
  options: SearchOptions,
  limits: ScanLimits = scanLimits,
): Promise<SearchAnswer> {
  const { space } = collection;
  if (options.modelId !== undefined && options.modelId !== space.modelId)
    throw modelMismatch(collection, options.modelId);
  checkVector(vector, space);
  checkSearchOptions(options);
  for (const { field } of options.sort ?? []) fieldOf(field);
  return new Request(client, collection, vector, options, limits).answer();
}

class Request {
  readonly #client: Client;
  readonly #collection: CollectionRow;
  readonly #options: SearchOptions;
  readonly #limits: ScanLimits;
  readonly #k: number;
  readonly #vector: Float32Array;
  readonly #seal: CursorSeal;
  readonly #position: SearchPosition;
  #total = 0;

  constructor(
    client: Client,
    collection: CollectionRow,
    vector: Float32Array,
    options: SearchOptions,
    limits: ScanLimits,
  ) {
    this.#client = client;
    this.#collection = collection;
    this.#vector = vector;
    this.#options = options;
    this.#limits = limits;
    this.#k = options.k ?? defaultK;
    this.#seal = sealOf(collection, vector, options);
    this.#position =
      options.after === undefined ? { shown: [] } : decodeSearchCursor(options.after, this.#seal);
  }

  async answer(): Promise<SearchAnswer> {
    const start = performance.now();
    const query = await this.#query();
    this.#total = this.#options.filter === undefined ? this.#collection.items : await countItems(query);
    const filtered = performance.now();
    const approximate = this.#isIndexWorthIt() ? await this.#approximate(query) : undefined;
    const { page, compared, ef } = approximate ?? (await this.#exact(query));
    const found = performance.now();
    const { hits, shown } = await this.#hits(page);
    const { metric, metricOptions } = this.#collection.space;
    return {
      hits,
      total: this.#total,
      hidden: page.hidden,
      next: shown.more ? this.#next(shown, approximate !== undefined) : null,
      searched: {
        kind: approximate === undefined ? 'exact' : 'hnsw',
        ef,
        metric,
        ...(metricOptions && { metricOptions }),
        candidates: compared,
      },
      timings: { filterMs: filtered - start, searchMs: found - filtered, fetchMs: performance.now() - found },
    };
  }

  async #query(): Promise<Query> {
    const { filter, sort = [] } = this.#options;
    const { items, vectors } = tablesOf(this.#collection);
    const { space } = this.#collection;
    const types = filter === undefined ? new Map() : await fieldTypes(this.#client, this.#collection);
    return {
      client: this.#client,
      items,
      vectors: vectors(space),
      space,
      vector: this.#vector,
      sort,
      filter: (parameters) => filterSql(this.#client, filter, { items, types, parameters }),
    };
  }

  /** After the first page the order is the exact one, so that pages neither repeat nor skip. */
  #isIndexWorthIt(): boolean {
    const { exact, after, filter } = this.#options;
    if (exact === true || after !== undefined || !this.#collection.indexed) return false;
    const limit = filter === undefined ? this.#limits.collection : this.#limits.filtered;
    return this.#total * this.#collection.space.dimension > limit;
  }

  /** A page of what the index finds; undefined where that does not settle it, or the filter keeps out what is near. */
  async #approximate(query: Query): Promise<FoundPage | undefined> {
    const { ef, exclude = [], group } = this.#options;
    const share = this.#total / this.#collection.items;
    const wanted = (this.#k + 1) * (group === 'item' ? 1 : 3);
    const most = Math.min(maxWidth, this.#total - 1);
    for (let n = 2 * wanted + exclude.length; n <= most; n *= 4) {
      const looked = mostCandidates(n, share);
      if (looked > Math.min(maxLooked, this.#total)) return undefined;
      // Under a filter as wide as leaves so many of those that it lets through.
      const width = Math.ceil(ef === undefined ? Math.max(hnsw.ef, n) / share : Math.max(ef, n));
      const found = await indexNearest(query, { n, looked, ef: Math.min(maxWidth, width) });
      const ranks = found?.ranks.slice(0, wanted).map(Number) ?? [];
      if (found === undefined || keepsOutNear(ranks, ranks.at(-1) ?? 0, share)) return undefined;
      const request = this.#request(new Set());
      const page = rankPage(found.places.sort(request.compare), false, request);
      if (page.settled && !page.tied)
        return { page, compared: found.places.length, ef: Math.min(maxWidth, width) };
    }
    return undefined;
  }

  async #exact(query: Query): Promise<FoundPage> {
    const { shown, last } = this.#position;
    const byProduct = this.#options.group !== 'item';
    const first = byProduct ? await productsOf(query, shown) : new Set<string>();
    for (let n = 4 * (this.#k + 16) + (this.#options.exclude?.length ?? 0); ; n *= 8) {
      const { places, isComplete, horizon } = await scanNearest(query, n, last?.distance);
      const near = places.filter(({ distance }) => distance < horizon);
      const products = new Set(first);
      if (byProduct && last !== undefined)
        for (const one of await this.#earlierProducts(query, near)) products.add(one);
      const request = this.#request(products);
      // All below the horizon are there, so their last group of equal distances does not go on.
      const page = rankPage(near.sort(request.compare), true, request);
      if (isComplete || page.more || (page.settled && this.#endsByScore(near)))
        return { page, compared: this.#total, ef: null };
    }
  }

  /** True if something among the places is not near enough any more: nothing behind it is. */
  #endsByScore(places: readonly Place[]): boolean {
    const last = places.at(-1);
    return (
      last !== undefined && this.#score(last.distance) < (this.#options.minScore ?? Number.NEGATIVE_INFINITY)
    );
  }

  /** The products of places that have an item no later than the last one of the page before. */
  async #earlierProducts(query: Query, places: readonly Place[]): Promise<string[]> {
    const { last } = this.#position;
    if (last === undefined || places.length === 0) return [];
    const { compare, exclude } = this.#request(new Set());
    const items = await itemsOfProducts(
      query,
      [...new Set(places.map(({ productId }) => productId))],
      last.distance,
    );
    return items
      .filter((item) => !exclude.has(item.id) && compare(item, last) <= 0)
      .map(({ productId }) => productId);
  }

  #request(products: ReadonlySet<string>): PageRequest {
    const { group, exclude, excludeProducts, sort = [], minScore = Number.NEGATIVE_INFINITY } = this.#options;
    const { shown, last } = this.#position;
    return {
      k: this.#k,
      byProduct: group !== 'item',
      exclude: spellings(exclude),
      excludeProducts: spellings(excludeProducts),
      shown: new Set(shown),
      products,
      last,
      compare: comparePlaces(sort),
      isNearEnough: (distance) => this.#score(distance) >= minScore,
    };
  }

  /** The page's answers, and what is left of it when their metadata is too much for all: the rest comes after it. */
  async #hits(page: Page): Promise<{ readonly hits: SearchAnswer['hits']; readonly shown: Page }> {
    const sql = `SELECT ${itemColumns} FROM ${tablesOf(this.#collection).items} i WHERE i.sequence = ANY($1)`;
    const sequences = page.found.map(({ sequence }) => sequence);
    const { rows } = await this.#client.query<ItemRow>(sql, [sequences]);
    const bySequence = new Map(rows.map((row) => [row.sequence, row]));
    const ordered = sequences.flatMap((sequence) => bySequence.get(sequence) ?? []);
    const { items, isFull } = fillPage(ordered, this.#k);
    const shown = isFull ? { ...page, found: page.found.slice(0, items.length), more: true } : page;
    const hits = items.map((item, i) => {
      const { distance } = page.found[i] as Place;
      return { item, distance, score: this.#score(distance) };
    });
    return { hits, shown };
  }

  #score(distance: number): number {
    return scoreOf(this.#collection.space.metric, distance);
  }

  #next({ found }: Page, isApproximate: boolean): string {
    const shown = isApproximate ? found.map(({ sequence }) => sequence) : this.#position.shown;
    return encodeSearchCursor(this.#seal, { shown, last: isApproximate ? undefined : found.at(-1) });
  }
}
