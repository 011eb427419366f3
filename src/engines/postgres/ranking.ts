import { compareTied, type SortField, type SortKey, type TiedPlace } from '../../engine/index.ts';

/** A place in the order of answers. */
export interface Place {
  readonly sequence: number;
  readonly id: string;
  readonly productId: string;
  readonly distance: number;
  readonly keys: readonly SortKey[];
}

/** The part of a place that orders it. */
export type Order = Pick<Place, 'distance'> & TiedPlace;

/** A page that is asked for. */
export interface PageRequest {
  readonly k: number;
  readonly byProduct: boolean;
  readonly exclude: ReadonlySet<string>;
  readonly excludeProducts: ReadonlySet<string>;
  readonly shown: ReadonlySet<number>;
  /** Products that have had their place on an earlier page. */
  readonly products: ReadonlySet<string>;
  readonly last: Order | undefined;
  readonly compare: (a: Order, b: Order) => number;
  readonly isNearEnough: (distance: number) => boolean;
}

/** The page, as far as the candidates show it. */
export interface Page {
  readonly found: readonly Place[];
  readonly more: boolean;
  /** True if the candidates were enough to know the page and `more`. */
  readonly settled: boolean;
  /** True if the next place ties with the page's last one. */
  readonly tied: boolean;
  /** Candidates that were left out because their product has an answer already. */
  readonly hidden: number;
}

/** Returns the order of places: by distance, then by fields, then by id. */
export const comparePlaces =
  (sort: readonly SortField[]) =>
  (a: Order, b: Order): number =>
    a.distance === b.distance ? compareTied(sort, a, b) : a.distance - b.distance;

/**
 * Takes a page from candidates in their order.
 * @param isComplete true if nothing comes after them; else the last group of equal distances may go on, and is not used
 */
export function rankPage(list: readonly Place[], isComplete: boolean, wanted: PageRequest): Page {
  const end = isComplete ? list.length : list.findIndex(({ distance }) => distance === list.at(-1)?.distance);
  const products = new Set(wanted.products);
  const found: Place[] = [];
  let hidden = 0;
  for (const place of list.slice(0, Math.max(0, end))) {
    const { id, productId, sequence, distance } = place;
    if (!wanted.isNearEnough(distance)) return { found, more: false, settled: true, tied: false, hidden };
    if (wanted.exclude.has(id) || wanted.excludeProducts.has(productId)) continue;
    if (wanted.last !== undefined && wanted.compare(place, wanted.last) <= 0) continue;
    if (wanted.byProduct) {
      if (products.has(productId)) {
        hidden += 1;
        continue;
      }
    } else if (wanted.shown.has(sequence)) continue;
    if (found.length === wanted.k)
      return { found, more: true, settled: true, tied: distance === found.at(-1)?.distance, hidden };
    products.add(productId);
    found.push(place);
  }
  return { found, more: false, settled: isComplete, tied: false, hidden };
}
