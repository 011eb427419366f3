import { queriesPerRun } from './engine.ts';

/** How many queries meet the gallery in one pass, and how many of its items at a time. */
export interface BlockSizes {
  readonly queries: number;
  readonly items: number;
}

/** With more queries in a pass than this, what a pass costs besides products is not felt. */
const mostQueries = 8192;
const mostItems = 4096;

const clamp = (value: number, most: number): number => Math.max(1, Math.min(most, Math.floor(value)));
/** As few blocks, but of even size, because the runtime keeps memory for every size that it has seen. */
const even = (total: number, size: number): number => Math.ceil(total / Math.ceil(total / size));

/**
 * The blocks that fit a budget of `bytes`: a quarter for queries, `perQuery` bytes each, and a quarter for items as the
 * graph sees them, `width` numbers each, with their scores; the rest is for the allocator of the runtime, which rounds up
 * to powers of two. Never less than one row each.
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
