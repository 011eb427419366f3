import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { MeasureSet } from '../../src/eval/report/evaluation-schema.ts';
import { type Summary, summarise } from '../../src/eval/report/summarise.ts';
import type { Metric } from '../../src/eval/types.ts';
import {
  addToTable,
  emptyTable,
  markRelevant,
  measureList,
  measureQuery,
  relevanceByLabel,
} from '../../src/metrics/index.ts';
import { fixture } from '../support/repository.ts';
import { rankAll } from './support/reference.ts';

interface GoldenCase {
  readonly metric: Metric;
  readonly query: readonly number[] | null;
  readonly gallery: readonly number[];
  readonly figures: Readonly<Record<string, number>>;
  readonly perLabel: Readonly<Record<string, number>>;
  readonly recall: {
    readonly leftOut: Readonly<Record<string, number>>;
    readonly misses: Readonly<Record<string, number>>;
    readonly lone: number;
  };
}

const golden: { vectors: number[][]; labels: string[]; cases: GoldenCase[] } = JSON.parse(
  readFileSync(fixture('eval', 'metrics.json'), 'utf8'),
);
const pick = <T>(values: readonly T[], rows: readonly number[]): T[] =>
  rows.map((row) => values[row]).filter((value) => value !== undefined);

function run({ metric, query, gallery }: GoldenCase): Summary {
  const queryLabels = pick(golden.labels, query ?? gallery);
  const galleryLabels = pick(golden.labels, gallery);
  const relevance = relevanceByLabel(queryLabels, query === null ? undefined : galleryLabels);
  const scores = emptyTable(measureList([1, 2, 4, 8, 16, 32]), queryLabels.length);
  for (const [row, vector] of pick(golden.vectors, query ?? gallery).entries()) {
    const ranking = rankAll(metric, row, vector, pick(golden.vectors, gallery), query === null ? row : -1);
    addToTable(scores, row, measureQuery(markRelevant(relevance, ranking), scores.measures));
  }
  const queryIds = (query ?? gallery).map(String);
  return summarise(scores, { queryIds, queryLabels, galleryLabels, resamples: 10 });
}

function assertFigures(
  set: MeasureSet,
  key: 'mean' | 'perLabel',
  expected: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const found = set.figures.find((figure) => figure.name === name)?.[key] ?? Number.NaN;
    assert.ok(Math.abs(found - value) < 1e-6, `${key} ${name}: ${found} instead of ${value}`);
  }
}

const byRecall = (values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([k, value]) => [`recall@${k}`, value]));

for (const one of golden.cases)
  test(`${one.metric}, ${one.query === null ? 'self-retrieval' : 'query and gallery'}: as the reference`, () => {
    const summary = run(one);
    assertFigures(summary.main, 'mean', one.figures);
    assertFigures(summary.main, 'perLabel', one.perLabel);
    assertFigures(summary.withoutLone, 'mean', byRecall(one.recall.leftOut));
    assertFigures(summary.loneAsMisses, 'mean', byRecall(one.recall.misses));
    assert.equal(summary.lone.count, one.recall.lone);
    assert.equal(summary.tied, 0);
  });
