type Row = readonly [string, ...string[]];

/** Rows as lines of text, all columns but the last padded to one width. */
export function aligned(rows: readonly Row[]): string {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const widths = (rows[0] ?? []).map((_, column) => width(column));
  return rows
    .map((row) =>
      row
        .map((text, column) => (column + 1 < row.length ? text.padEnd(widths[column] ?? 0) : text))
        .join('  '),
    )
    .join('\n');
}
