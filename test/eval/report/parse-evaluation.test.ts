import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Evaluation, evaluate, parseEvaluation } from '../../../src/eval/index.ts';
import { drawnVectors } from '../support/drawn.ts';
import { withValue, wrongValues } from '../support/wrong-reports.ts';

let report: Evaluation;
before(async () => {
  const subject = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;
  report = await evaluate(
    { queries: drawnVectors(30, 4, { seed: 1 }), subject },
    { ks: [1, 5], metrics: ['cosine'] },
  );
});

test('every part of a report is checked, and the error names it', () => {
  assert.deepEqual(parseEvaluation(JSON.stringify(report), 'it'), report);
  for (const [place, value] of wrongValues) {
    const text = JSON.stringify(withValue(report, place.split('.'), value));
    assert.throws(() => parseEvaluation(text, 'it'), { code: 'source-invalid' }, place);
  }
  const twice = { ...report, results: [...report.results, ...report.results] };
  assert.throws(() => parseEvaluation(JSON.stringify(twice), 'it'), { code: 'source-invalid' });
  const figures = Object.fromEntries(
    Array.from({ length: 300 }, (_, k) => [`recall@${k}`, report.queries.ids.map(() => 0)]),
  );
  const many = withValue(report, 'results.0.perQuery.figures'.split('.'), figures);
  assert.throws(() => parseEvaluation(JSON.stringify(many), 'it'), { code: 'source-invalid' });
});

test('a report nested beyond sense, or of more values than any', () => {
  assert.throws(() => parseEvaluation('['.repeat(1e6), 'it'), /more than 64 levels/);
  assert.throws(() => parseEvaluation(`[${'0,'.repeat(21e6)}0]`, 'it'), /more than 20000000 values/);
});

test('a list of a million wrong values is one complaint, not a million', () => {
  const million = new Array(1_000_000).fill([]);
  for (const place of [
    'results',
    'queries.ids',
    'results.0.perQuery.firstRelevant',
    'results.0.examples',
    'published',
  ]) {
    const text = JSON.stringify(withValue(report, place.split('.'), million));
    assert.throws(
      () => parseEvaluation(text, 'it'),
      (error: Error & { code?: string; cause?: { issues?: unknown[] } }) =>
        error.code === 'source-invalid' && (error.cause?.issues?.length ?? 0) < 10,
      place,
    );
  }
});
