import type { CollectionInfo } from '../../engine/index.ts';
import type { Metric } from '../../vectors/index.ts';
import type { OpenCollection } from './collection.ts';

/** Milliseconds after a change until which a count of products is not kept: a search may see the change later. */
const countMs = 5000;
/** Items up to which products are counted; of more their number is estimated. */
const mostCounted = 20_000;

/** A count of products, of a collection at one change of it. */
interface Count {
  readonly sequence: number;
  /** Milliseconds at which that change was seen first. */
  readonly since: number;
  readonly isSettled: boolean;
  readonly products: number;
  readonly isEstimated: boolean;
  /** Items at that time. */
  readonly items: number;
}

/** Describes collections. The products of one that does not change are counted once. */
export class Descriptions {
  readonly #counts = new Map<string, Count>();

  /** Describes a collection with its counts, as one replica has them. */
  async describe({ record, items, next }: OpenCollection): Promise<CollectionInfo> {
    const {
      className: _class,
      hnsw,
      cursorKey: _,
      pictureClass: _pictures,
      format: _format,
      ...shown
    } = record;
    const [count, done] = await Promise.all([items.count(), next?.count()]);
    const { products, isEstimated } = await this.#products(record, items, count);
    const { reindex, documents, ...rest } = shown;
    return {
      ...rest,
      metric: record.metric as Metric,
      items: count,
      products,
      ...(isEstimated && { productsEstimated: true }),
      index: { kind: 'hnsw', engine: 'weaviate', state: 'ready', indexed: count, deletedShare: 0, ...hnsw },
      ...(reindex && { reindex: { ...withoutClass(reindex), done: done ?? 0 } }),
      ...(documents && { documents }),
    };
  }

  async #products(
    { className, sequence }: OpenCollection['record'],
    items: OpenCollection['items'],
    all: number,
  ): Promise<Pick<Count, 'products' | 'isEstimated'>> {
    const known = this.#counts.get(className);
    const isSame = known?.sequence === sequence;
    if (isSame && known.isSettled) return known;
    // An estimate grows with the items, as long as they are much the same.
    if (known?.isEstimated && all > mostCounted && Math.abs(all / known.items - 1) < 0.1)
      return { products: Math.round((known.products * all) / known.items), isEstimated: true };
    const now = performance.now();
    const since = isSame ? known.since : now;
    const isEstimated = all > mostCounted;
    const products = isEstimated ? await items.estimatedProducts(all) : await items.products();
    const count = { sequence, since, isSettled: now - since > countMs, products, isEstimated, items: all };
    this.#counts.set(className, count);
    return count;
  }
}

function withoutClass({ className: _, metric, ...rest }: NonNullable<OpenCollection['record']['reindex']>) {
  return { ...rest, metric: metric as Metric };
}
