import type { FigurePlan } from './figures.ts';
import type { QueryScore } from './score-query.ts';

/** The figures of many queries: a column a figure, a place in it a query. */
export type Columns = readonly Float64Array[];

/** The scores of a run, query by query; 0 in every figure of a lone query, so that it counts as a miss. */
export interface Scores {
  readonly plan: FigurePlan;
  readonly stable: Columns;
  readonly optimistic: Columns;
  readonly pessimistic: Columns;
  /** Of each query: `notScored`, `lone`, `scored` or `tied`. */
  readonly states: Uint8Array;
}

/** What `Scores.states` says of a query; all from `scored` on have figures. */
export const state = { notScored: 0, lone: 1, scored: 2, tied: 3 } as const;

/** Room for the scores of `queries` queries: 24 bytes a figure and query. */
export function emptyScores(plan: FigurePlan, queries: number): Scores {
  if (!Number.isSafeInteger(queries) || queries < 1)
    throw new RangeError(`the number of queries must be a positive integer, not ${queries}`);
  const columns = (): Columns => plan.names.map(() => new Float64Array(queries));
  return {
    plan,
    stable: columns(),
    optimistic: columns(),
    pessimistic: columns(),
    states: new Uint8Array(queries),
  };
}

function put(columns: Columns, query: number, figures: Float64Array): void {
  for (const [at, column] of columns.entries()) column[query] = figures[at] ?? Number.NaN;
}

/**
 * Enters what `scoreQuery` said of the query in row `query`: undefined for a lone one.
 * @throws RangeError when there is no such row, when it is entered already, or when the figures are of another plan.
 */
export function enterScore(scores: Scores, query: number, score: QueryScore | undefined): void {
  if (scores.states[query] !== state.notScored)
    throw new RangeError(`query ${query} is scored already, or not one of ${scores.states.length}`);
  if (score !== undefined && score.stable.length !== scores.plan.names.length)
    throw new RangeError(
      `query ${query} has ${score.stable.length} figures instead of ${scores.plan.names.length}`,
    );
  scores.states[query] = score === undefined ? state.lone : score.tied ? state.tied : state.scored;
  if (score === undefined) return;
  put(scores.stable, query, score.stable);
  put(scores.optimistic, query, score.optimistic);
  put(scores.pessimistic, query, score.pessimistic);
}

/** Rows of the queries that count: those with figures, and the lone ones too where they are misses. */
export function rowsThatCount({ states }: Scores, loneAsMisses: boolean): Uint32Array {
  const missing = states.indexOf(state.notScored);
  if (missing >= 0) throw new RangeError(`query ${missing} is not scored`);
  const rows = Uint32Array.from(states.keys());
  return loneAsMisses ? rows : rows.filter((row) => (states[row] ?? 0) >= state.scored);
}

/**
 * One figure, query by query, of all queries that have it, with lone ones as 0 if `loneAsMisses`: what `pairedBootstrap`
 * compares.
 * @param ids Of all queries, by row.
 * @throws RangeError when the plan has no such figure, or when there are more or fewer ids than queries.
 */
export function figurePerQuery(
  scores: Scores,
  name: string,
  ids: readonly string[],
  loneAsMisses = false,
): { readonly ids: readonly string[]; readonly values: Float64Array } {
  const column = scores.stable[scores.plan.names.indexOf(name)];
  if (column === undefined)
    throw new RangeError(`there is no figure ${JSON.stringify(name)}, but ${scores.plan.names.join(', ')}`);
  if (ids.length !== column.length)
    throw new RangeError(`there are ${ids.length} ids for ${column.length} queries`);
  const rows = rowsThatCount(scores, loneAsMisses);
  return {
    ids: Array.from(rows, (row) => ids[row] ?? ''),
    values: Float64Array.from(rows, (row) => column[row] ?? 0),
  };
}
