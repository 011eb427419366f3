import type { FilterValue } from 'weaviate-client';
import type { Cluster } from './cluster.ts';
import type { OpenCollection } from './collection.ts';
import { textOfKey } from './names.ts';
import { type StoredItem, storedItemOf } from './stored-item.ts';
import { everything } from './where.ts';

/** Objects that the cluster answers at most (its QUERY_MAXIMUM_RESULTS). */
const maxResults = 10_000;
/** Bytes of vectors that one answer carries. */
const maxBytes = 64 * 2 ** 20;
/** Candidates up to which whole items come along; of more, only those of the page are read. */
const fewItems = 128;
/** Items that are read at a time. */
const itemsAtOnce = 200;

/** The nearest items by the cluster's index. */
export interface Window {
  readonly ranked: readonly {
    readonly id: string;
    readonly product: string;
    readonly vector: Float32Array;
  }[];
  /** True if there are no further ones. */
  readonly isAll: boolean;
  /** True if no larger window can be asked for. */
  readonly isLargest: boolean;
  readonly metric: string;
}

/** The items near a query, as the cluster finds them. */
export class Candidates {
  readonly metric: string;
  readonly #collection: OpenCollection;
  readonly #cluster: Cluster;
  readonly #vector: readonly number[];
  readonly #filter: FilterValue | undefined;
  readonly #items = new Map<string, StoredItem>();
  /** Objects that were asked for last. */
  asked = 0;
  /** Objects that came. */
  found = 0;

  constructor(collection: OpenCollection, vector: Float32Array, filter: FilterValue | undefined) {
    this.#collection = collection;
    this.#cluster = collection.items.cluster;
    this.#vector = Array.from(vector);
    this.#filter = filter;
    this.metric = collection.record.metric;
  }

  /** Finds so many of the nearest. */
  async nearest(size: number): Promise<Window> {
    const { items, record } = this.#collection;
    const most = Math.min(maxResults, Math.floor(maxBytes / (4 * record.dimension)));
    const limit = Math.min(size, most);
    const isSmall = limit <= fewItems;
    let objects = await this.#ask(limit, isSmall, this.#filter);
    // The links of HNSW lead to few of many equal vectors. Under a filter the server compares with each vector of some ten thousand.
    if (this.#filter === undefined && objects.length < limit && objects.length < (await items.count()))
      objects = await this.#ask(limit, isSmall, everything);
    this.asked = limit;
    this.found = objects.length;
    const ranked = objects.map(({ properties, vectors }) => {
      const { key = '', product = '' } = properties as Record<string, string>;
      const vector = items.vectorOf({ vectors: vectors as never });
      if (!isSmall) return { id: textOfKey(key), product, vector };
      const item = storedItemOf(properties as Record<string, unknown>);
      this.#items.set(item.id, item);
      return { id: item.id, product, vector };
    });
    return { ranked, isAll: objects.length < limit, isLargest: limit === most, metric: this.metric };
  }

  async #ask(limit: number, isSmall: boolean, filters: FilterValue | undefined) {
    const { objects } = await this.#cluster.inClass(this.#collection.items.name, (all) =>
      all.query.nearVector(this.#vector as number[], {
        limit,
        includeVector: true,
        returnProperties: (isSmall ? ['item', 'product'] : ['key', 'product']) as never,
        ...(filters && { filters }),
      }),
    );
    return objects;
  }

  /** Reads items, by id. */
  async items(ids: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
    const missing = ids.filter((id) => !this.#items.has(id));
    for (let at = 0; at < missing.length; at += itemsAtOnce)
      for (const item of await this.#collection.items.some(missing.slice(at, at + itemsAtOnce)))
        this.#items.set(item.id, item);
    return this.#items;
  }
}
