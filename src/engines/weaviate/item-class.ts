import type { FilterValue } from 'weaviate-client';
import type { CompiledFilter } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { canonical } from '../../text.ts';
import { eachOf } from '../each-of.ts';
import type { Cluster, StoredObject } from './cluster.ts';
import { firstUuid, keyOf, uuidOf } from './names.ts';
import { addProperty, insertAll, makeClass, type NewObject } from './registry.ts';
import { itemProperties, objectOf, type StoredItem, storedItemOf, vectorOf } from './stored-item.ts';
import { allOf, everything, filterOf, longNumbersError, longNumbersOf, where } from './where.ts';

/** Fields whose values can be ordered: each has a property of the class. */
const maxOrdered = 400;
/** Objects that one call writes, and numbers in their vectors. */
const most = { objects: 200, numbers: 500_000 } as const;
/** Milliseconds for which a count of all items is kept for searches. */
const recentMs = 1000;
/** Items that the number of products is estimated from: its standard error is below 5 %. */
const sampled = 500;

/** The settings of a class of items. */
export interface ItemClassSettings {
  readonly className: string;
  readonly dimension: number;
  readonly metric: string;
}

/** An item with its vector. */
export interface WholeItem {
  readonly item: StoredItem;
  readonly vector: Float32Array;
}

/** The items and vectors of a collection: one class, one object for each item. */
export class ItemClass {
  readonly name: string;
  readonly cluster: Cluster;
  readonly #settings: ItemClassSettings;
  /** Properties that the class is known to have. */
  readonly #properties = new Set<string>();
  #recent: { readonly at: number; readonly count: Promise<number> } | undefined;

  constructor(cluster: Cluster, settings: ItemClassSettings) {
    this.cluster = cluster;
    this.#settings = settings;
    this.name = settings.className;
  }

  /** Makes the class. @param description says what it holds, to people who look into the cluster */
  prepare(description: string): Promise<void> {
    const { configure, address } = this.cluster;
    const { quantizer } = configure.vectorIndex;
    const quantizers = { none: quantizer.none, rq: quantizer.rq, sq: quantizer.sq };
    return makeClass(this.cluster, {
      name: this.name,
      description,
      properties: itemProperties.map((property) => ({ ...property })),
      vectorizers: configure.vectors.selfProvided({
        vectorIndexConfig: configure.vectorIndex.hnsw({
          distanceMetric: this.#settings.metric === 'l2' ? 'l2-squared' : 'cosine',
          ef: address.hnsw.ef,
          maxConnections: address.hnsw.m,
          efConstruction: address.hnsw.efConstruction,
          quantizer: quantizers[address.quantizer](),
        } as never),
      }),
    });
  }

  /** Reads an item by its id, in the one spelling that is stored; undefined if there is none. */
  async find(id: string): Promise<StoredItem | undefined> {
    const object = await this.cluster.object(this.name, uuidOf('item', canonical(id)));
    return object && storedItemOf(object.properties);
  }

  /** Reads an item with its vector; undefined if there is none. */
  async findWhole(id: string): Promise<WholeItem | undefined> {
    const object = await this.cluster.object(this.name, uuidOf('item', canonical(id)), true);
    return object && { item: storedItemOf(object.properties), vector: this.vectorOf(object) };
  }

  vectorOf(object: Pick<StoredObject, 'vectors'>): Float32Array {
    return vectorOf(object, this.#settings.dimension);
  }

  /** Reads those of the items that one replica has, in no order. */
  async some(ids: readonly string[]): Promise<StoredItem[]> {
    const filters = where('key', 'ContainsAny', ids.map(keyOf));
    const { objects } = await this.cluster.inClass(this.name, (all) =>
      all.query.fetchObjects({ limit: ids.length, filters, returnProperties: ['item'] as never }),
    );
    return objects.map(({ properties }) => storedItemOf(properties as Record<string, unknown>));
  }

  /** Writes items whole, in the place of those of the same ids. */
  async write(items: readonly WholeItem[]): Promise<void> {
    const objects = items.map(({ item, vector }) => objectOf(uuidOf('item', item.id), item, vector));
    const ordered = new Set(objects.flatMap((object) => object.ordered));
    await this.#need(ordered);
    const size = Math.max(1, Math.min(most.objects, Math.floor(most.numbers / this.#settings.dimension)));
    for (let at = 0; at < objects.length; at += size)
      await insertAll(
        this.cluster,
        this.name,
        objects.slice(at, at + size).map((object) => this.#known(object)),
      );
  }

  /** Deletes items. */
  async remove(ids: readonly string[]): Promise<void> {
    await eachOf(ids, (id) => this.cluster.delete(this.name, uuidOf('item', id)));
  }

  /** Counts the items that a condition lets through, as one replica has them: without any condition all of them would be asked. */
  async count(filter: FilterValue = everything): Promise<number> {
    const { totalCount } = await this.cluster.inClass(this.name, (all) =>
      all.aggregate.overAll({ filters: filter }),
    );
    return totalCount;
  }

  /** Counts all items, as one replica had them a second ago at most: searches need not wait for it. */
  recentCount(): Promise<number> {
    const now = performance.now();
    if (this.#recent === undefined || now - this.#recent.at > recentMs) {
      const count = this.count();
      this.#recent = { at: now, count };
      count.catch(() => {
        this.#recent = undefined;
      });
    }
    return this.#recent.count;
  }

  /** Counts the products. */
  async products(): Promise<number> {
    const groups = await this.cluster.inClass(this.name, async (all) => {
      try {
        return await all.aggregate.groupBy.overAll({
          groupBy: { property: 'product' as never, limit: 100_000_000 },
        });
      } catch (error) {
        // So the client says that there are none.
        if (/No grouped results/.test(String(error))) return [];
        throw error;
      }
    });
    return groups.length;
  }

  /**
   * Estimates the products of a collection that is too large to look at every item: UUIDs are hashes, so the first ones are an even
   * choice, and an item stands for as much of a product as it is one of the items of.
   */
  async estimatedProducts(items: number): Promise<number> {
    const { objects } = await this.cluster.inClass(this.name, (all) =>
      all.query.fetchObjects({ limit: sampled, after: firstUuid, returnProperties: ['product'] as never }),
    );
    const products = objects.map(({ properties }) => String((properties as { product?: unknown }).product));
    const distinct = [...new Set(products)];
    const counts = await eachOf(distinct, (product) => this.count(where('product', 'Equal', product)));
    const sizes = new Map(distinct.map((product, at) => [product, Math.max(1, counts[at] ?? 1)]));
    const shares = products.reduce((sum, product) => sum + 1 / (sizes.get(product) ?? 1), 0);
    return Math.round((items * shares) / Math.max(1, products.length));
  }

  /** Says a filter as Weaviate does. @throws SnapshelfError `filter-invalid`, `engine-cannot`. */
  async filterOf(compiled: CompiledFilter): Promise<FilterValue | undefined> {
    for (const { field, filter } of longNumbersOf(compiled))
      if ((await this.count(filter)) > 0) throw longNumbersError(field);
    let isUnknown = false;
    const first = filterOf(compiled, (name) => {
      isUnknown ||= !this.#properties.has(name);
      return true;
    });
    if (!isUnknown) return first;
    await this.#learn();
    return filterOf(compiled, (name) => this.#has(name));
  }

  /** True if items may have the property. @throws SnapshelfError `engine-cannot` if it is one that there was no room for. */
  #has(name: string): boolean {
    if (this.#properties.has(name)) return true;
    if (this.#properties.size < maxOrdered) return false;
    throw new SnapshelfError(
      'engine-cannot',
      `The engine weaviate orders ${maxOrdered} fields, and the collection has more. Use "equals", "in" or "prefix".`,
      { details: { engine: 'weaviate', capability: 'orderOfManyFields' } },
    );
  }

  /** Reads items by rising id, behind the one of a key. Shards are put in order by the keys, which therefore have to come along. */
  async page<P extends string>(
    options: {
      readonly after?: string | undefined;
      readonly filter?: FilterValue | undefined;
      readonly limit: number;
    },
    properties: readonly (P | 'key')[],
  ): Promise<Record<P | 'key', string>[]> {
    const { after = '0', filter, limit } = options;
    // Always joined, to what every key passes at least: of "Like" by itself the server (1.39) sorts no more than the limit.
    const filters = allOf([filter, where('key', 'GreaterThan', after)]);
    const { objects } = await this.cluster.inClass(this.name, (all) =>
      all.query.fetchObjects({
        limit,
        sort: all.sort.byProperty('key' as never, true),
        returnProperties: properties as never,
        ...(filters && { filters }),
      }),
    );
    return objects.map((object) => object.properties as unknown as Record<P | 'key', string>);
  }

  #known(object: NewObject & { ordered: string[] }): NewObject {
    const { ordered, ...rest } = object;
    const missing = ordered.filter((name) => !this.#properties.has(name));
    if (missing.length === 0) return rest;
    return {
      ...rest,
      properties: Object.fromEntries(
        Object.entries(rest.properties).filter(([name]) => !missing.includes(name)),
      ),
    };
  }

  /** Gives the class the properties that it lacks, as far as there is room. */
  async #need(names: ReadonlySet<string>): Promise<void> {
    if ([...names].every((name) => this.#properties.has(name))) return;
    await this.#learn();
    for (const name of names) {
      if (this.#properties.has(name) || this.#properties.size >= maxOrdered) continue;
      const type = name.startsWith('n_')
        ? { dataType: 'number' as const, indexFilterable: false, indexRangeFilters: true }
        : {
            dataType: 'text' as const,
            tokenization: 'field' as const,
            indexFilterable: true,
            indexSearchable: false,
          };
      await addProperty(this.cluster, this.name, { name, ...type });
      this.#properties.add(name);
    }
  }

  async #learn(): Promise<void> {
    const { properties } = await this.cluster.inClass(this.name, (all) => all.config.get());
    for (const { name } of properties) this.#properties.add(name);
  }
}
