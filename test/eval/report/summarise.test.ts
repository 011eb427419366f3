import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MeasureSet } from '../../../src/eval/report/evaluation-schema.ts';
import { type SummaryOptions, summarise } from '../../../src/eval/report/summarise.ts';
import {
  addToTable,
  emptyTable,
  type MeasureTable,
  measureList,
  measureQuery,
  type QueryMeasures,
} from '../../../src/metrics/index.ts';

const list = measureList([1, 2]);

/** A query by the hits of its ranking, with all distances equal where it is tied; no hit: lone. */
interface Query {
  readonly label: string;
  readonly hits: readonly boolean[];
  readonly tied: boolean;
}

const scoreOf = ({ hits, tied }: Query): QueryMeasures | undefined =>
  measureQuery(
    {
      isRelevant: hits,
      distances: hits.map((_, at) => (tied ? 0 : at)),
      relevantCount: hits.filter(Boolean).length,
    },
    list,
  );

function scoresOf(queries: readonly Query[]): MeasureTable {
  const scores = emptyTable(list, queries.length);
  for (const [row, query] of queries.entries()) addToTable(scores, row, scoreOf(query));
  return scores;
}

const optionsOf = (queries: readonly Query[]): SummaryOptions => ({
  queryIds: queries.map((_, row) => `id-${row}`),
  queryLabels: queries.map(({ label }) => label),
  galleryLabels: queries.map(({ label }) => label),
  resamples: 20,
});

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The averages by their definitions. */
function averages(
  queries: readonly Query[],
  zero: boolean,
): Omit<MeasureSet, 'figures'> & { figures: number[][] } {
  const counted = queries.filter(({ hits }) => zero || hits.includes(true));
  const figure = (query: Query, order: 'stable' | 'optimistic' | 'pessimistic', at: number): number =>
    scoreOf(query)?.[order][at] ?? 0;
  const labels = [...new Set(counted.map(({ label }) => label))];
  const perLabel = (at: number): number[] =>
    labels.map((label) =>
      mean(counted.filter((query) => query.label === label).map((query) => figure(query, 'stable', at))),
    );
  const over = (order: 'stable' | 'optimistic' | 'pessimistic', at: number): number =>
    mean(counted.map((query) => figure(query, order, at)));
  const figures = list.names.map((_, at) => [
    over('stable', at),
    mean(perLabel(at)),
    over('optimistic', at),
    over('pessimistic', at),
  ]);
  return { queries: counted.length, labels: labels.length, figures: counted.length === 0 ? [] : figures };
}

function assertSet(set: MeasureSet, expected: ReturnType<typeof averages>): void {
  assert.deepEqual([set.queries, set.labels], [expected.queries, expected.labels]);
  assert.equal(set.figures.length, expected.figures.length);
  for (const [at, figure] of set.figures.entries()) {
    const found = [figure.mean, figure.perLabel, figure.optimistic, figure.pessimistic];
    for (const [which, value] of found.entries())
      assert.ok(Math.abs(value - (expected.figures[at]?.[which] ?? Number.NaN)) < 1e-12, `${at} ${which}`);
    assert.ok(figure.pessimistic <= figure.mean && figure.mean <= figure.optimistic);
  }
}

const someQueries = fc.array(
  fc.record({
    label: fc.constantFrom('a', 'b', 'c', 'd'),
    hits: fc.array(fc.boolean(), { maxLength: 6 }),
    tied: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);

test('averages per query and per label, with lone queries left out and as misses', () => {
  fc.assert(
    fc.property(someQueries, fc.boolean(), (queries, paper) => {
      const convention = paper ? 'paper' : 'by-id';
      const summary = summarise(scoresOf(queries), { ...optionsOf(queries), convention });
      assertSet(summary.withoutLone, averages(queries, false));
      assertSet(summary.loneAsMisses, averages(queries, true));
      assert.equal(summary.main, paper ? summary.loneAsMisses : summary.withoutLone);
      const lone = [...queries.keys()].filter((row) => !queries[row]?.hits.includes(true));
      assert.deepEqual(summary.lone, { count: lone.length, ids: lone.map((row) => `id-${row}`) });
      assert.equal(summary.tied, queries.filter((query) => scoreOf(query)?.tied).length);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('no query with a relevant item: no figures, but misses', () => {
  const queries = ['a', 'b'].map((label) => ({ label, hits: [false], tied: false }));
  const summary = summarise(scoresOf(queries), optionsOf(queries));
  assert.deepEqual(summary.main, { queries: 0, labels: 0, figures: [] });
  assert.deepEqual(
    summary.loneAsMisses.figures.map((figure) => [figure.mean, ...figure.interval]),
    list.names.map(() => [0, 0, 0]),
  );
  assert.deepEqual(summary.worstLabels, []);
});

test('worst labels: by Recall@1, then R-Precision, then label; lone ones only as misses', () => {
  const hits: Record<string, boolean[][]> = {
    fine: [[true, true]],
    half: [
      [true, false],
      [false, true],
    ],
    'bad-b': [[false, true]],
    'bad-a': [[false, true]],
    worse: [[false, true, false, true]],
    'worst-late': [[false, false, true]],
    lone: [[false], [false]],
  };
  const queries = Object.entries(hits).flatMap(([label, all]) =>
    all.map((one) => ({ label, hits: one, tied: false })),
  );
  const options = { ...optionsOf(queries), galleryLabels: ['half', 'half', 'half', 'worse', 'elsewhere'] };
  const list = (more: Partial<SummaryOptions>): unknown[] =>
    summarise(scoresOf(queries), { ...options, ...more }).worstLabels.map((row) => Object.values(row));
  assert.deepEqual(list({}), [
    ['bad-a', 1, 0, 0, 0],
    ['bad-b', 1, 0, 0, 0],
    ['worst-late', 1, 0, 0, 0],
    ['worse', 1, 0, 0.5, 1],
    ['half', 2, 0.5, 0.5, 3],
    ['fine', 1, 1, 1, 0],
  ]);
  assert.equal(list({ worst: 2 }).length, 2);
  assert.deepEqual(list({ worst: 3, convention: 'paper' })[2], ['lone', 2, 0, 0, 0]);
});

test('misuse throws and shows the value', () => {
  const queries = [{ label: 'a', hits: [true], tied: false }];
  const [scores, options] = [scoresOf(queries), optionsOf(queries)];
  const wrong = (more: object) => () => summarise(scores, { ...options, ...more });
  assert.throws(wrong({ queryIds: [] }), /^RangeError: 1 query has 0 ids/);
  assert.throws(wrong({ queryLabels: ['a', 'b'] }), RangeError);
  assert.throws(wrong({ convention: 'other' }), /^TypeError: .*"other"/);
  for (const value of [-1, 0.5]) assert.throws(wrong({ worst: value }), RangeError);
  for (const value of [0, -1, 1.5]) assert.throws(wrong({ resamples: value }), RangeError);
  assert.throws(() => summarise(emptyTable(list, 1), options), /^RangeError: Query 0 has no measures/);
  for (const value of [0, -1, 1.5]) assert.throws(() => emptyTable(list, value), RangeError);
  for (const row of [0, 1, -1]) assert.throws(() => addToTable(scores, row, undefined), RangeError);
  const more = measureQuery({ isRelevant: [1], distances: [1], relevantCount: 1 }, measureList([1, 2, 3]));
  assert.throws(() => addToTable(emptyTable(list, 1), 0, more), /^RangeError: Query 0 has 6 measures/);
});
