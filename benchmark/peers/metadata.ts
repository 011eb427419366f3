import type { Filter, ItemInput, Json } from '../../src/engine/index.ts';
import { mixSeed } from '../../src/random.ts';
import { clusterOf, type VectorSet } from './vectors.ts';

const brands = 500;

type Layout = Pick<VectorSet, 'rows' | 'clusters'>;
/** An item without its vector. */
type ItemFields = Pick<ItemInput, 'id' | 'productId' | 'label' | 'split' | 'metadata'>;

/** A number from 0 to below 1 that belongs to a row. */
const numberOf = (row: number, what: number): number => mixSeed(row, what) / 2 ** 32;
/** The place of a cluster in a random order, from 0 to below 1. */
const rankOf = (row: number, set: Layout): number => numberOf(clusterOf(row, set), 7);

/** Returns the fields of an item that filters name: those of filters.json, and some by which filters of any selectivity are made. */
export function fieldsOf(row: number, set: Layout): ItemFields {
  const label = row % 9 === 0 ? undefined : `kind ${row % 40}`;
  return {
    id: `item ${row}`,
    productId: `product ${row >> 2}`,
    ...(label !== undefined && { label }),
    split: row % 10 === 0 ? 'query' : 'gallery',
    metadata: metadataOf(row, set),
  };
}

/** Returns the row of an item. */
export const rowOf = (id: string): number => Number(id.slice('item '.length));

function metadataOf(row: number, set: Layout): Record<string, Json> {
  const department = row % 12;
  return {
    price: Math.round(20_000 * numberOf(row, 1) ** 3) / 100,
    inStock: numberOf(row, 2) < 0.8,
    brand: `brand ${Math.floor(brands * numberOf(row, 3) ** 2)}`,
    category: `shop/department ${department}/aisle ${row % 7}`,
    tags: [`tag ${row % 5}`, `tag ${5 + (row % 11)}`],
    even: numberOf(row, 4),
    place: rankOf(row, set),
    sku: `SKU-${(row * 7919) % set.rows}-${row}`,
    ...(row % 20 === 0 && { sale: true }),
  };
}

/** The ways in which what a filter lets through may depend on the query. */
export type Correlation = 'independent' | 'correlated' | 'anti-correlated';

/** Returns the filter of a query that lets a share of the items through. Query `i` is of the cluster of row `set.rows + i`. */
export function filterOf(share: number, correlation: Correlation, i: number, set: Layout): Filter {
  if (correlation === 'independent') return { field: 'metadata.even', lt: share };
  const own = rankOf(set.rows + i, set);
  const centre = correlation === 'correlated' ? own : (own + 0.5) % 1;
  const [from, to] = [centre - share / 2, centre + share / 2];
  const inside: Filter = { field: 'metadata.place', gte: from, lte: to };
  if (from < 0) return { or: [inside, { field: 'metadata.place', gte: from + 1 }] };
  if (to > 1) return { or: [inside, { field: 'metadata.place', lte: to - 1 }] };
  return inside;
}
