import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { MeasureSet } from '../../src/eval/report/evaluation-schema.ts';
import { type Summary, summarise } from '../../src/eval/report/summarise.ts';
import { knn } from '../../src/knn/index.ts';
import {
  addToTable,
  emptyTable,
  markRelevant,
  measureList,
  measureQuery,
  type Recall,
  recallAt,
  relevanceByLabel,
} from '../../src/metrics/index.ts';
import type { Metric, NamedVectors, Ranking } from '../../src/vectors/index.ts';
import { fixture } from '../support/repository.ts';

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

const ks = [1, 2, 4, 8, 16, 32];
const setOf = (rows: readonly number[]): NamedVectors => ({
  vectors: Float32Array.from(pick(golden.vectors, rows).flat()),
  dimension: 16,
  ids: rows.map((row) => String(row).padStart(3, '0')),
});

async function run({ metric, query, gallery }: GoldenCase): Promise<{ summary: Summary; recall: Recall }> {
  const queryLabels = pick(golden.labels, query ?? gallery);
  const galleryLabels = pick(golden.labels, gallery);
  const relevance = relevanceByLabel(queryLabels, query === null ? undefined : galleryLabels);
  const found = setOf(gallery);
  const options = { distance: metric, excludeSelf: true, provider: 'cpu', threads: 1 } as const;
  const rankings: Ranking[] = [];
  for await (const ranking of knn(query === null ? found : setOf(query), found, { ...options, k: 120 }))
    rankings.push(ranking);
  const scores = emptyTable(measureList(ks), queryLabels.length);
  for (const ranking of rankings)
    addToTable(scores, ranking.query, measureQuery(markRelevant(relevance, ranking), scores.measures));
  const queryIds = (query ?? gallery).map(String);
  return {
    summary: summarise(scores, { queryIds, queryLabels, galleryLabels, resamples: 10 }),
    recall: await recallAt(rankings, relevance, ks),
  };
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
  test(`${one.metric}, ${one.query === null ? 'self-retrieval' : 'query and gallery'}: as pytorch-metric-learning and faiss`, async () => {
    const { summary, recall } = await run(one);
    assertFigures(summary.main, 'mean', one.figures);
    assertFigures(summary.main, 'perLabel', one.perLabel);
    assertFigures(summary.withoutLone, 'mean', byRecall(one.recall.leftOut));
    assertFigures(summary.loneAsMisses, 'mean', byRecall(one.recall.misses));
    assert.equal(summary.lone.count, one.recall.lone);
    assert.equal(summary.tied, 0);
    const recalls = summary.withoutLone.figures.slice(0, ks.length).map(({ mean }) => mean);
    for (const [at, share] of recall.shares.entries())
      assert.ok(Math.abs(share - (recalls[at] ?? 0)) < 1e-12);
    assert.equal(recall.queries, summary.withoutLone.queries);
  });
