import type { TiedPlace } from '../../engine/index.ts';
import { type DistanceTo, distanceFrom, type MetricChoice } from '../../vectors/index.ts';
import type { VectorMemory } from '../memory/vector-memory.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { Identity } from '../storage/known-ids.ts';
import type { TieOrder } from './tie-order.ts';

/** The last place of a page. */
export interface LastPlace extends TiedPlace {
  readonly distance: number;
}

/** The page's end, and how to look what came before it. */
export interface EarlierOptions {
  readonly queries: CollectionQueries;
  readonly vectors: VectorMemory;
  readonly order: TieOrder;
  readonly last: LastPlace;
  /** True for an item that the search may find. */
  readonly isAllowed: (item: Identity) => boolean;
  readonly query: { readonly vector: Float32Array; readonly choice: MetricChoice };
}

const itemsPerSlice = 512;

/** The products that had their place on an earlier page: those with an item that comes no later than its last place. */
export class EarlierProducts {
  readonly #options: EarlierOptions;
  readonly #distance: DistanceTo;

  constructor(options: EarlierOptions) {
    this.#options = options;
    this.#distance = distanceFrom(options.query.vector, options.query.choice);
  }

  /** True for a product of an earlier page. */
  *has(productId: string): Generator<void, boolean> {
    const { queries, isAllowed } = this.#options;
    const items = queries.itemsOf(productId).filter(isAllowed);
    for (let start = 0; start < items.length; start += itemsPerSlice) {
      if (this.#someEarlier(items.slice(start, start + itemsPerSlice))) return true;
      if (start + itemsPerSlice < items.length) yield;
    }
    return false;
  }

  #someEarlier(items: readonly Identity[]): boolean {
    const { vectors, last } = this.#options;
    const ties = new Set<number>();
    let isEarlier = false;
    vectors.measure(
      items.map(({ sequence }) => sequence),
      this.#distance,
      (sequence, distance) => {
        if (distance < last.distance) isEarlier = true;
        if (distance === last.distance) ties.add(sequence);
      },
    );
    return isEarlier || items.some((item) => ties.has(item.sequence) && this.#isNoLater(item));
  }

  #isNoLater({ sequence, id }: Identity): boolean {
    const { order, last } = this.#options;
    const keys = order.keysOf([sequence]).get(sequence) ?? [];
    return order.compare({ id, keys }, last) <= 0;
  }
}
