import { queriesPerRun } from './scorer.ts';

/** The numbers of queries and of items that are compared at a time. */
export interface BlockSizes {
  readonly queries: number;
  readonly items: number;
}

/** With more queries per pass, the costs of a pass besides products no longer matter. */
const mostQueries = 8192;
const mostItems = 4096;

const clamp = (value: number, most: number): number => Math.max(1, Math.min(most, Math.floor(value)));
/** Makes blocks of equal size, as few as before, because the runtime keeps memory for every size that it has seen. */
const even = (total: number, size: number): number => Math.ceil(total / Math.ceil(total / size));

/**
 * Computes block sizes that fit a budget of `bytes`. A quarter is for queries, `perQuery` bytes each, a quarter for the
 * prepared vectors of items, `width` numbers each, with their scores. The rest is for the allocator of the runtime, which
 * rounds up to powers of two. A block has at least one row.
 */
export function blockSizes(
  bytes: number,
  width: number,
  queries: number,
  items: number,
  perQuery: number,
): BlockSizes {
  const rows = even(queries, clamp(bytes / 4 / perQuery, Math.min(mostQueries, queries)));
  const perItem = 4 * (width + Math.min(rows, queriesPerRun));
  return { queries: rows, items: even(items, clamp(bytes / 4 / perItem, Math.min(mostItems, items))) };
}
