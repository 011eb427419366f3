import type { Filter, Hit, SearchOptions } from '../../engine/index.ts';
import { scoreOf } from '../../vectors/index.ts';
import { nearestItems, type Place } from './nearest-items.ts';
import type { Reordered } from './rerank.ts';

/** Items whose products compete at first, at least and at most. */
const leastDepth = 100;
const mostDepth = 6400;
/** Products whose items are looked up in one search: a filter takes 1,000 values. */
const productsAtOnce = 500;

interface Product {
  readonly best: Hit;
  sum: number;
  items: number;
}

/** Adds up the distances of all items of products that pass the filter. */
async function addItems(
  place: Place,
  vector: Float32Array,
  search: SearchOptions,
  products: ReadonlyMap<string, Product>,
): Promise<void> {
  const names = [...products.keys()];
  for (let start = 0; start < names.length; start += productsAtOnce) {
    const ofThese: Filter = { field: 'productId', in: names.slice(start, start + productsAtOnce) };
    const filter = search.filter === undefined ? ofThese : { and: [search.filter, ofThese] };
    const asked = { ...search, filter, minScore: undefined };
    const { hits } = await nearestItems(place, vector, asked, Number.POSITIVE_INFINITY);
    for (const { item, distance } of hits) {
      const product = products.get(item.productId);
      if (product === undefined) continue;
      product.sum += distance;
      product.items += 1;
    }
  }
}

function productsOf(hits: readonly Hit[], known: ReadonlyMap<string, Product>): Map<string, Product> {
  const products = new Map<string, Product>();
  for (const hit of hits)
    if (!known.has(hit.item.productId) && !products.has(hit.item.productId))
      products.set(hit.item.productId, { best: hit, sum: 0, items: 0 });
  return products;
}

/**
 * Searches for products by the mean distance of all their items that pass the filter. The products of the nearest items
 * compete; there are more of these until no other product can be among the answers (its best item is farther than the mean of
 * the last answer), or 6,400 items are reached.
 */
export async function byMeanOfViews(
  place: Place,
  vector: Float32Array,
  search: SearchOptions,
): Promise<Reordered> {
  const { k = 10, minScore = Number.NEGATIVE_INFINITY } = search;
  const products = new Map<string, Product>();
  for (let depth = Math.max(leastDepth, k); ; depth = Math.min(mostDepth, 4 * depth)) {
    const { hits, first, complete } = await nearestItems(place, vector, search, depth);
    const { metric } = first.searched;
    const added = productsOf(hits, products);
    await addItems(place, vector, search, added);
    for (const [name, product] of added) if (product.items > 0) products.set(name, product);
    const ranked = [...products.values()]
      .map(({ best, sum, items }) => ({ item: best.item, distance: sum / items, items }))
      .sort((a, b) => a.distance - b.distance);
    const shown = ranked.slice(0, k).filter(({ distance }) => scoreOf(metric, distance) >= minScore);
    const last = ranked[k - 1]?.distance ?? Number.POSITIVE_INFINITY;
    const settled = complete || depth >= mostDepth || last <= (hits.at(-1)?.distance ?? 0);
    if (!settled) continue;
    return {
      ...first,
      hits: shown.map(({ item, distance }) => ({ item, distance, score: scoreOf(metric, distance) })),
      next: null,
      hidden: shown.reduce((sum, { items }) => sum + items - 1, 0),
      depth: hits.length,
    };
  }
}
