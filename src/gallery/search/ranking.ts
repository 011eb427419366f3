import type { SortKey, TiedPlace } from '../../engine/index.ts';
import type { Neighbour } from '../../vectors/index.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { Identity } from '../storage/known-ids.ts';

import type { EarlierProducts, LastPlace } from './earlier-products.ts';
import type { TieOrder } from './tie-order.ts';

/** A page that is asked for. */
export interface PageRequest {
  readonly queries: CollectionQueries;
  readonly k: number;
  readonly byProduct: boolean;
  readonly exclude: ReadonlySet<string>;
  readonly excludeProducts: ReadonlySet<string>;
  /** The order of places of the same distance. */
  readonly order: TieOrder;
  /** Sequence numbers that an earlier page showed outside the exact order. */
  readonly shown: readonly number[];
  /** The last place that an earlier page took. */
  readonly last?: LastPlace | undefined;
  /** Tells the products that have had their place on earlier pages; undefined where there is none. */
  readonly earlier?: EarlierProducts | undefined;
  readonly isNearEnough: (distance: number) => boolean;
}

/** One place in the ranking. */
export interface RankedItem extends Identity, TiedPlace {
  readonly distance: number;
}

/** The page, as far as the candidates show it. */
export interface Page {
  readonly found: readonly RankedItem[];
  /** True if something comes after it. */
  readonly more: boolean;
  /** True if the candidates were enough to know the page and `more`. */
  readonly settled: boolean;
  /** True if the next item ties with the page's last one. */
  readonly tied: boolean;
  /** Number of candidates that were left out because their product has an answer already. */
  readonly hidden: number;
}

/**
 * Walks candidates by rising (distance, id) and takes the page from them. The last group of equal distances in an
 * incomplete list may go on behind its end, so it is not used.
 */
export function* rankPage(
  candidates: { readonly list: readonly Neighbour[]; readonly complete: boolean },
  wanted: PageRequest,
): Generator<void, Page> {
  const ranking = new Ranking(wanted);
  const identities = new Lookahead(candidates.list, wanted);
  for (const [start, end] of tieGroups(candidates.list, candidates.complete)) {
    for (const place of yield* identities.between(start, end))
      if (yield* ranking.take(place)) return ranking.page(true);
  }
  return ranking.page(candidates.complete);
}

function* tieGroups(list: readonly Neighbour[], complete: boolean): Generator<[start: number, end: number]> {
  let start = 0;
  while (start < list.length) {
    let end = start + 1;
    while (end < list.length && list[end]?.distance === list[start]?.distance) end += 1;
    if (end < list.length || complete) yield [start, end];
    start = end;
  }
}

/** Looks up candidates' identities some ahead of where they are needed. */
class Lookahead {
  readonly #list: readonly Neighbour[];
  readonly #queries: CollectionQueries;
  readonly #order: TieOrder;
  readonly #known = new Map<number, Identity>();
  readonly #keys = new Map<number, readonly SortKey[]>();
  #loaded = 0;
  #step = 32;

  constructor(list: readonly Neighbour[], { queries, order }: PageRequest) {
    this.#list = list;
    this.#queries = queries;
    this.#order = order;
  }

  /** The places from `start` to before `end`, in their order; what was deleted meanwhile is left out. */
  *between(start: number, end: number): Generator<void, RankedItem[]> {
    while (this.#loaded < end) {
      if (this.#loaded >= 1000) yield;
      this.#load();
    }
    const found = this.#list.slice(start, end).flatMap(({ sequence, distance }) => {
      const identity = this.#known.get(sequence);
      return identity === undefined
        ? []
        : [{ ...identity, distance, keys: this.#keys.get(sequence) ?? noKeys }];
    });
    return found.length > 1 ? found.sort((a, b) => this.#order.compare(a, b)) : found;
  }

  #load(): void {
    const sequences = this.#list
      .slice(this.#loaded, this.#loaded + this.#step)
      .map(({ sequence }) => sequence);
    for (const identity of this.#queries.identities(sequences)) this.#known.set(identity.sequence, identity);
    for (const [sequence, keys] of this.#order.keysOf(sequences)) this.#keys.set(sequence, keys);
    this.#loaded += sequences.length;
    this.#step = Math.min(1000, 2 * this.#step);
  }
}

const noKeys: readonly SortKey[] = [];

class Ranking {
  readonly #wanted: PageRequest;
  readonly #found: RankedItem[] = [];
  readonly #shown: ReadonlySet<number>;
  /** Products that have had their place, on this page or before. */
  readonly #products: Set<string>;
  #hidden = 0;
  #following: RankedItem | 'nothing near enough' | undefined;

  constructor(wanted: PageRequest) {
    this.#wanted = wanted;
    this.#shown = new Set(wanted.shown);
    this.#products = new Set(
      wanted.byProduct ? wanted.queries.identities(wanted.shown).map(({ productId }) => productId) : [],
    );
  }

  /** Looks at the next place; true when the page is settled by it. */
  *take(place: RankedItem): Generator<void, boolean> {
    if (!this.#wanted.isNearEnough(place.distance)) {
      this.#following = 'nothing near enough';
      return true;
    }
    if (!(yield* this.#isEligible(place))) return false;
    if (this.#found.length === this.#wanted.k) {
      this.#following = place;
      return true;
    }
    this.#found.push(place);
    return false;
  }

  page(settled: boolean): Page {
    const following = typeof this.#following === 'object' ? this.#following : undefined;
    return {
      found: this.#found,
      more: following !== undefined,
      settled,
      tied: following !== undefined && following.distance === this.#found.at(-1)?.distance,
      hidden: this.#hidden,
    };
  }

  *#isEligible(place: RankedItem): Generator<void, boolean> {
    const { sequence, id, productId, distance } = place;
    const { byProduct, exclude, excludeProducts, last, order, earlier } = this.#wanted;
    if (exclude.has(id) || (!byProduct && this.#shown.has(sequence))) return false;
    if (excludeProducts.has(productId)) return false;
    const isEarlier =
      last !== undefined &&
      (distance < last.distance || (distance === last.distance && order.compare(place, last) <= 0));
    if (!byProduct) return !isEarlier;
    if (!this.#products.has(productId) && (isEarlier || (earlier && (yield* earlier.has(productId)))))
      this.#products.add(productId);
    if (this.#products.has(productId)) {
      if (!isEarlier) this.#hidden += 1;
      return false;
    }
    if (this.#found.length < this.#wanted.k) this.#products.add(productId);
    return true;
  }
}
