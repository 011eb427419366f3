/** How many queries and how many gallery items meet in one run. */
export interface BlockSizes {
  readonly queries: number;
  readonly items: number;
}

/** More queries at once make a run longer, not faster. */
const mostQueries = 4096;
const mostItems = 16_384;

const clamp = (value: number, most: number): number => Math.max(1, Math.min(most, Math.floor(value)));
/** As few blocks, but of even size, because memory is kept for every size that was seen. */
const even = (total: number, size: number): number => Math.ceil(total / Math.ceil(total / size));

/**
 * The blocks that fit a budget of `bytes`: a quarter for queries and what is kept of each (`perQuery` bytes more), a
 * quarter for items as the graph sees them and for scores; the rest is for the allocator of the runtime, which rounds up
 * to powers of two. Never less than one row each.
 */
export function blockSizes(
  bytes: number,
  dimension: number,
  queries: number,
  items: number,
  perQuery: number,
): BlockSizes {
  const rows = even(queries, clamp(bytes / 4 / (4 * dimension + perQuery), Math.min(mostQueries, queries)));
  const columns = clamp(bytes / 4 / (4 * dimension + 4 * rows), Math.min(mostItems, items));
  return { queries: rows, items: even(items, columns) };
}
