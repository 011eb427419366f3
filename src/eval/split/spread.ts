/** The most queries of a line. */
const mostQueries = 2000;

/** Returns at most 2,000 of the rows, evenly spread. */
export function spread(rows: readonly number[]): number[] {
  const count = Math.min(rows.length, mostQueries);
  return Array.from({ length: count }, (_, at) => rows[Math.floor((at * rows.length) / count)] ?? 0);
}
