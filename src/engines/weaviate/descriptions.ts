import type { CollectionInfo } from '../../engine/index.ts';
import type { Metric } from '../../vectors/index.ts';
import type { OpenCollection } from './collection.ts';

/** Milliseconds after a change until which a count of products is not kept: a search may see the change later. */
const countMs = 5000;

/** A count of products, of a collection at one change of it. */
interface Count {
  readonly sequence: number;
  /** Milliseconds at which that change was seen first. */
  readonly since: number;
  readonly isSettled: boolean;
  readonly products: number;
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
    const [count, products, done] = await Promise.all([
      items.count(),
      this.#products(record, items),
      next?.count(),
    ]);
    const { reindex, documents, ...rest } = shown;
    return {
      ...rest,
      metric: record.metric as Metric,
      items: count,
      products,
      index: { kind: 'hnsw', engine: 'weaviate', state: 'ready', indexed: count, deletedShare: 0, ...hnsw },
      ...(reindex && { reindex: { ...withoutClass(reindex), done: done ?? 0 } }),
      ...(documents && { documents }),
    };
  }

  async #products(
    { className, sequence }: OpenCollection['record'],
    items: OpenCollection['items'],
  ): Promise<number> {
    const known = this.#counts.get(className);
    const isSame = known?.sequence === sequence;
    if (isSame && known.isSettled) return known.products;
    const now = performance.now();
    const since = isSame ? known.since : now;
    const products = await items.products();
    this.#counts.set(className, { sequence, since, isSettled: now - since > countMs, products });
    return products;
  }
}

function withoutClass({ className: _, metric, ...rest }: NonNullable<OpenCollection['record']['reindex']>) {
  return { ...rest, metric: metric as Metric };
}
