import { checkWhole } from '../arguments.ts';
import { randomNumbers } from '../random.ts';
import { counted } from '../text.ts';

/** Options of a bootstrap (Efron, 1979). */
export interface BootstrapOptions {
  /** Resamples, each of as many queries, drawn with replacement. From 1, default 1000. */
  readonly resamples?: number | undefined;
  /** Seed of the draws, uint32: the same seed gives the same intervals. Default 0. */
  readonly seed?: number | undefined;
}

/** The 2.5 % and the 97.5 % percentile of the means of the resamples. */
export type Interval = [low: number, high: number];

/** Sums the values at `rows`, in two independent sums: twice as fast. */
function sumAt(values: Float64Array, rows: Uint32Array): number {
  let even = 0;
  let odd = 0;
  const last = rows.length - 1;
  for (let at = 0; at < last; at += 2) {
    even += values[rows[at] as number] as number;
    odd += values[rows[at + 1] as number] as number;
  }
  return rows.length % 2 === 0 ? even + odd : even + odd + (values[rows[last] as number] as number);
}

/** The point below which the share `at` of the values lies, interpolated linearly (as numpy's default). */
function percentile(ascending: Float64Array, at: number): number {
  const place = at * (ascending.length - 1);
  const low = ascending[Math.floor(place)] ?? Number.NaN;
  const high = ascending[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/**
 * Computes 95 % percentile intervals of the mean of each column. All columns share the draws of queries.
 * @param columns One number per query each, for at least one query.
 * @throws RangeError If there is no query, or `resamples` is not a whole number from 1.
 */
export function bootstrapIntervals(
  columns: readonly Float64Array[],
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): Interval[] {
  checkWhole('resamples', resamples, { from: 1 });
  const count = columns[0]?.length ?? 0;
  if (count === 0 || columns.some(({ length }) => length !== count))
    throw new RangeError('The columns to resample must be of equal length and not empty.');
  const random = randomNumbers(seed);
  const means = columns.map(() => new Float64Array(resamples));
  const rows = new Uint32Array(count);
  for (let time = 0; time < resamples; time += 1) {
    for (let at = 0; at < count; at += 1) rows[at] = random() * count;
    for (const [at, column] of columns.entries())
      (means[at] as Float64Array)[time] = sumAt(column, rows) / count;
  }
  return means.map((values) => {
    values.sort();
    return [percentile(values, 0.025), percentile(values, 0.975)];
  });
}

/** One measure of one run, query by query. */
export interface PerQuery {
  readonly ids: readonly string[];
  readonly values: ArrayLike<number>;
}

/** The difference of two runs in one measure. */
export interface PairedDifference {
  readonly queries: number;
  /** Mean of a minus mean of b: above 0 if a is better. */
  readonly difference: number;
  /** 95 % interval of the difference; if 0 is outside, the choice of queries does not explain the difference. */
  readonly interval: Interval;
  /** Queries with more in a, with less, and with as much. */
  readonly wins: number;
  readonly losses: number;
  readonly equal: number;
}

function checkPair(a: PerQuery, b: PerQuery): void {
  for (const { ids, values } of [a, b])
    if (ids.length !== values.length)
      throw new RangeError(`There are ${ids.length} ids for ${values.length} values.`);
  if (a.ids.length !== b.ids.length)
    throw new RangeError(`The runs have ${a.ids.length} and ${counted(b.ids.length, 'query', 'queries')}.`);
  const at = a.ids.findIndex((id, place) => id !== b.ids[place]);
  if (at >= 0)
    throw new RangeError(
      `The runs differ in query ${at}: ${JSON.stringify(a.ids[at])} and ${JSON.stringify(b.ids[at])}.`,
    );
}

/**
 * Compares two runs over the same queries in the same order by a paired bootstrap: the differences are resampled, not the
 * runs.
 * @throws RangeError If the queries are not the same, if there are none, or if a value is not finite.
 */
export function pairedBootstrap(a: PerQuery, b: PerQuery, options: BootstrapOptions = {}): PairedDifference {
  checkPair(a, b);
  const differences = Float64Array.from(a.ids, (_, at) => (a.values[at] ?? 0) - (b.values[at] ?? 0));
  const wrong = differences.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new RangeError(`Query ${JSON.stringify(a.ids[wrong])} has a value that is not finite.`);
  const [interval] = bootstrapIntervals([differences], options);
  const count = (test: (value: number) => boolean): number => differences.filter(test).length;
  return {
    queries: differences.length,
    difference: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    interval: interval as Interval,
    wins: count((value) => value > 0),
    losses: count((value) => value < 0),
    equal: count((value) => value === 0),
  };
}
