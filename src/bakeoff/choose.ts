import type { Grid, Job, JobResult, Plan, SettingValue } from './formats.ts';

/** A value of a loss that was tried, and what it reached on the validation labels. */
export interface Tried {
  readonly value: SettingValue;
  readonly job: string;
  /** The measure of the protocol's selection, 0 to 1; null: the training failed, or is not done. */
  readonly score: number | null;
  readonly recallAt1: number | null;
  readonly isDone: boolean;
}

/** The mean of a measure of a result under the headline's metric; null if it has none. */
const meanOf = (result: JobResult | undefined, { protocol }: Plan, measure: string): number | null =>
  result?.figures.find(({ metric }) => metric === protocol.metric)?.means[measure] ?? null;

/** Returns the values of a loss that are tried, in the order of the grid. */
export function triedOf(plan: Plan, { loss }: Grid, results: ReadonlyMap<string, JobResult>): Tried[] {
  return plan.jobs.flatMap(({ id, kind, loss: own, value }: Job) => {
    if (kind !== 'search' || own !== loss || value === null) return [];
    const result = results.get(id);
    return [
      {
        value,
        job: id,
        score: meanOf(result, plan, plan.protocol.selection),
        recallAt1: meanOf(result, plan, 'recall@1'),
        isDone: result !== undefined,
      },
    ];
  });
}

/** The value that the search chose. */
export interface Chosen {
  /** Null: the loss has nothing to choose. */
  readonly value: SettingValue | null;
  readonly job: string | null;
}

/**
 * Chooses the value of a loss by its score on the validation labels; of equal ones the first. Undefined if none of them
 * could be trained, or if some are still to be tried.
 */
export function choose(plan: Plan, grid: Grid, results: ReadonlyMap<string, JobResult>): Chosen | undefined {
  const tried = triedOf(plan, grid, results);
  if (tried.length === 0) return { value: grid.values[0] ?? null, job: null };
  if (tried.some(({ isDone }) => !isDone)) return undefined;
  let best: Tried | undefined;
  for (const one of tried) if (one.score !== null && one.score > (best?.score ?? -1)) best = one;
  return best && { value: best.value, job: best.job };
}
