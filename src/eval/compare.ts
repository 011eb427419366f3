import { SnapshelfError } from '../errors.ts';
import { type PairedDifference, pairedBootstrap } from '../metrics/index.ts';
import { isSameMetric, nameMetric } from '../vectors/index.ts';
import type { Evaluation, MetricEvaluation } from './report/evaluation-schema.ts';
import type { MetricChoice } from './types.ts';

/** One measure of two evaluations, side by side. */
export interface ComparedMeasure extends MetricChoice {
  readonly name: string;
  /** Means of a and of b over the queries that both have. */
  readonly a: number;
  readonly b: number;
  /** Differences are b minus a. */
  readonly paired: PairedDifference;
}

/** Two evaluations of the same queries. */
export interface Comparison {
  /** Queries that both have and that are lone in neither. */
  readonly queries: number;
  /** Other differences between the two, which may explain the difference as well as the model. */
  readonly notes: readonly string[];
  /** Ids that count in one of them only. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  readonly figures: readonly ComparedMeasure[];
  /** Ids of queries that find their label at rank 1 in b only, and in a only, by the first common metric. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** Rows by id of the queries that count. */
function rowsOf({ queries }: Evaluation, { perQuery }: MetricEvaluation): Map<string, number> {
  const rows = queries.ids.map((id, row) => [id, row] as const);
  return new Map(rows.filter(([, row]) => (perQuery.firstRelevant[row] ?? 0) > 0));
}

/** Columns of both evaluations over the queries that they share, in the order of a. */
function sharedColumns(a: Evaluation, b: Evaluation, ofA: MetricEvaluation) {
  const ofB = b.results.find((result) => isSameMetric(result, ofA));
  if (ofB === undefined) return undefined;
  const rowsA = rowsOf(a, ofA);
  const rowsB = rowsOf(b, ofB);
  const ids = [...rowsA.keys()].filter((id) => rowsB.has(id));
  const pick = (result: MetricEvaluation, rows: ReadonlyMap<string, number>, name: string) => ({
    ids,
    values: ids.map((id) => result.perQuery.figures[name]?.[rows.get(id) ?? -1] ?? Number.NaN),
  });
  const names = Object.keys(ofA.perQuery.figures).filter((name) => Object.hasOwn(ofB.perQuery.figures, name));
  return {
    ids,
    names,
    rowsA,
    rowsB,
    a: (name: string) => pick(ofA, rowsA, name),
    b: (name: string) => pick(ofB, rowsB, name),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const missing = (from: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): string[] =>
  [...from.keys()].filter((id) => !other.has(id));

const incomparable = (message: string): SnapshelfError => new SnapshelfError('source-invalid', message);

function refuseIncomparable(a: Evaluation, b: Evaluation): void {
  if (a.convention !== b.convention)
    throw incomparable(
      `Only reports of one convention can be compared, not of ${a.convention} and ${b.convention}.`,
    );
  const labels = new Map(a.queries.ids.map((id, row) => [id, a.queries.labels[row]]));
  const changed = b.queries.ids.find((id, row) => labels.has(id) && labels.get(id) !== b.queries.labels[row]);
  if (changed !== undefined)
    throw incomparable(`The reports cannot be compared: the query ${changed} has different labels in them.`);
}

function notesOf(a: Evaluation, b: Evaluation): string[] {
  const facts: readonly (readonly [string, (report: Evaluation) => unknown])[] = [
    ['protocol', ({ subject }) => subject.protocol],
    ['gallery items', ({ gallery }) => gallery.count],
    ['gallery labels', ({ gallery }) => gallery.labels],
  ];
  // The weak metrics of other numbers are other distances: what their names have in common says nothing.
  const others = a.results.flatMap((ofA) => {
    const ofB = b.results.find(({ metric }) => metric === ofA.metric);
    return ofB === undefined || isSameMetric(ofA, ofB)
      ? []
      : [`metric: ${nameMetric(ofA)} in a, ${nameMetric(ofB)} in b; it is not compared`];
  });
  return facts
    .filter(([, of]) => of(a) !== of(b))
    .map(([name, of]) => `${name}: ${of(a)} in a, ${of(b)} in b`)
    .concat(others);
}

const metricsOf = ({ results }: Evaluation): string => results.map(nameMetric).join(' and ');

/**
 * Compares two evaluations query by query, metric by metric: the weak metric of other numbers is another one.
 * @param b The newer one: differences are b minus a.
 * @param seed Seed of the intervals, uint32.
 * @throws SnapshelfError `source-invalid` if they share no query or no metric, if they follow different conventions, or
 * if a query has different labels in them
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { compareEvaluations, parseEvaluation } from 'snapshelf/evaluate';
 *
 * const read = async (path: string) => parseEvaluation(await readFile(path, 'utf8'), path);
 * const comparison = compareEvaluations(await read('before/report.json'), await read('after/report.json'));
 * ```
 */
export function compareEvaluations(a: Evaluation, b: Evaluation, seed = 0): Comparison {
  refuseIncomparable(a, b);
  const tables = a.results.flatMap((result) => {
    const table = sharedColumns(a, b, result);
    const { metric, metricOptions } = result;
    const choice = { metric, ...(metricOptions && { metricOptions }) };
    return table === undefined || table.ids.length === 0 ? [] : [{ choice, ...table }];
  });
  const [first] = tables;
  if (first === undefined)
    throw incomparable(
      `The reports have no query and metric in common: nothing can be compared. They measure ${metricsOf(a)}, and ${metricsOf(b)}.`,
    );
  const figures = tables.flatMap(({ choice, names, ...table }) =>
    names.map((name) => {
      const ofA = table.a(name);
      const ofB = table.b(name);
      const paired = pairedBootstrap(ofB, ofA, { seed });
      return { ...choice, name, a: mean(ofA.values), b: mean(ofB.values), paired };
    }),
  );
  const before = first.a('recall@1').values;
  const after = first.b('recall@1').values;
  const changed = (better: readonly number[], worse: readonly number[]): string[] =>
    first.ids.filter((_, at) => (better[at] ?? 0) > (worse[at] ?? 0));
  return {
    queries: first.ids.length,
    notes: notesOf(a, b),
    onlyA: missing(first.rowsA, first.rowsB),
    onlyB: missing(first.rowsB, first.rowsA),
    figures,
    gained: changed(after, before),
    lost: changed(before, after),
  };
}
