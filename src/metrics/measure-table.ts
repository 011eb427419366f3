import { checkWhole } from '../arguments.ts';
import type { MeasureList } from './measures.ts';
import type { QueryMeasures } from './query-measures.ts';

/** One column per measure, with one number per query. */
export type Columns = readonly Float64Array[];

/** The measures of all queries of a run. A lone query has 0 in every measure, so that it counts as a miss. */
export interface MeasureTable {
  readonly measures: MeasureList;
  readonly stable: Columns;
  readonly optimistic: Columns;
  readonly pessimistic: Columns;
  /** The status of each query. */
  readonly statuses: Uint8Array;
}

/** The values of `MeasureTable.statuses`; queries from `measured` on have measures. */
export const status = { missing: 0, lone: 1, measured: 2, tied: 3 } as const;

/**
 * Makes a table for the measures of `queries` queries, 24 bytes per measure and query.
 * @throws RangeError If `queries` is not a whole number from 1.
 */
export function emptyTable(measures: MeasureList, queries: number): MeasureTable {
  checkWhole('queries', queries, { from: 1 });
  const columns = (): Columns => measures.names.map(() => new Float64Array(queries));
  return {
    measures,
    stable: columns(),
    optimistic: columns(),
    pessimistic: columns(),
    statuses: new Uint8Array(queries),
  };
}

function put(columns: Columns, query: number, values: Float64Array): void {
  for (const [at, column] of columns.entries()) column[query] = values[at] ?? Number.NaN;
}

/**
 * Adds the measures of the query in row `query`; undefined for a lone one.
 * @throws RangeError If there is no such row, if it has measures already, or if they are of another list.
 */
export function addToTable(table: MeasureTable, query: number, measures: QueryMeasures | undefined): void {
  if (table.statuses[query] !== status.missing)
    throw new RangeError(`Query ${query} has measures already, or is not one of ${table.statuses.length}.`);
  if (measures !== undefined && measures.stable.length !== table.measures.names.length)
    throw new RangeError(
      `Query ${query} has ${measures.stable.length} measures instead of ${table.measures.names.length}.`,
    );
  table.statuses[query] =
    measures === undefined ? status.lone : measures.tied ? status.tied : status.measured;
  if (measures === undefined) return;
  put(table.stable, query, measures.stable);
  put(table.optimistic, query, measures.optimistic);
  put(table.pessimistic, query, measures.pessimistic);
}

/**
 * Returns the rows of the queries that count: those with measures, and with `loneAsMisses` the lone ones too.
 * @throws RangeError If a query was not added.
 */
export function countedRows({ statuses }: MeasureTable, loneAsMisses: boolean): Uint32Array {
  const missing = statuses.indexOf(status.missing);
  if (missing >= 0) throw new RangeError(`Query ${missing} has no measures.`);
  const rows = Uint32Array.from(statuses.keys());
  return loneAsMisses ? rows : rows.filter((row) => (statuses[row] ?? 0) >= status.measured);
}
