import type { Filter, Json } from '../../src/engine/index.ts';
import { mixSeed } from '../../src/random.ts';

/** Items of one cluster of `writeClustered`. */
const perCluster = 100;
const brands = 500;

/** A number from 0 to below 1 that belongs to a row. */
const numberOf = (row: number, what: number): number => mixSeed(row, what) / 2 ** 32;
const clusterOf = (row: number, rows: number): number => (row * 7919) % Math.ceil(rows / perCluster);
/** The place of a cluster in a random order, from 0 to below 1. */
const rankOf = (row: number, rows: number): number => numberOf(clusterOf(row, rows), 7);

/** Returns the metadata of an item: what shops have, and fields by which filters of any selectivity are made. */
export function metadataOf(row: number, rows: number): Record<string, Json> {
  const department = row % 12;
  return {
    price: Math.round(20_000 * numberOf(row, 1) ** 3) / 100,
    inStock: numberOf(row, 2) < 0.8,
    brand: `brand ${Math.floor(brands * numberOf(row, 3) ** 2)}`,
    category: `shop/department ${department}/aisle ${row % 7}`,
    tags: [`tag ${row % 5}`, `tag ${5 + (row % 11)}`],
    even: numberOf(row, 4),
    place: rankOf(row, rows),
  };
}

/** The ways in which what a filter lets through may depend on the query. */
export type Correlation = 'independent' | 'correlated' | 'anti-correlated';

/** Returns the filter of a query that lets a share of the items through. Query `i` is of the cluster of row `rows + i`. */
export function filterOf(share: number, correlation: Correlation, i: number, rows: number): Filter {
  if (correlation === 'independent') return { field: 'metadata.even', lt: share };
  const own = rankOf(rows + i, rows);
  const centre = correlation === 'correlated' ? own : (own + 0.5) % 1;
  const [from, to] = [centre - share / 2, centre + share / 2];
  const inside: Filter = { field: 'metadata.place', gte: from, lte: to };
  if (from < 0) return { or: [inside, { field: 'metadata.place', gte: from + 1 }] };
  if (to > 1) return { or: [inside, { field: 'metadata.place', lte: to - 1 }] };
  return inside;
}
