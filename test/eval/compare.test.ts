import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareEvaluations, type Evaluation, evaluate } from '../../src/eval/index.ts';
import { drawnVectors } from './support/drawn.ts';

const subject = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;

const at = (spread: number): Promise<Evaluation> =>
  evaluate(
    { queries: drawnVectors(120, 6, { seed: 2, spread }), subject },
    { ks: [1, 5], metrics: ['cosine'] },
  );

test('the tighter clusters win, query by query, and the interval says so', async () => {
  const [worse, better] = [await at(2), await at(0.8)];
  const { figures, gained, lost, queries } = compareEvaluations(worse, better);
  const recall = figures.find(({ name }) => name === 'recall@1');
  assert.ok(recall !== undefined && recall.paired.interval[0] > 0);
  assert.ok(Math.abs(recall.b - recall.a - recall.paired.difference) < 1e-12);
  assert.deepEqual([recall.paired.wins, recall.paired.losses], [gained.length, lost.length]);
  assert.equal(queries, 120);
  const back = compareEvaluations(better, worse);
  assert.deepEqual([back.gained, back.lost], [lost, gained]);
});

test('a report beside itself has no difference', async () => {
  const one = await at(1);
  for (const { paired } of compareEvaluations(one, one).figures)
    assert.deepEqual([paired.difference, paired.wins, paired.losses, ...paired.interval], [0, 0, 0, 0, 0]);
});

test('reports that measure something else are not compared; another gallery is noted', async () => {
  const one = await at(1);
  const other = (change: Partial<Evaluation>): Evaluation => ({ ...one, ...change });
  const labels = one.queries.labels.map((label) => `another ${label}`);
  for (const change of [{ convention: 'paper' as const }, { queries: { ...one.queries, labels } }])
    assert.throws(() => compareEvaluations(one, other(change)), { code: 'source-invalid' });
  const { notes } = compareEvaluations(one, other({ gallery: { count: 7, labels: 2 } }));
  assert.equal(notes.length, 2);
});

test('only queries of both count; without any it is an error', async () => {
  const one = await at(1);
  const rename = (from: Evaluation, name: (id: string, row: number) => string): Evaluation => ({
    ...from,
    queries: { ...from.queries, ids: from.queries.ids.map(name) },
  });
  const half = compareEvaluations(
    one,
    rename(one, (id, row) => (row < 60 ? id : `x${id}`)),
  );
  assert.deepEqual([half.queries, half.onlyA.length, half.onlyB.length], [60, 60, 60]);
  assert.throws(
    () =>
      compareEvaluations(
        one,
        rename(one, (id) => `x${id}`),
      ),
    { code: 'source-invalid' },
  );
});

test('a metric of other numbers is another metric', async () => {
  const one = await at(1);
  const [cosine] = one.results;
  assert.ok(cosine);
  const of = (P: number, ...more: typeof one.results): Evaluation => ({
    ...one,
    results: [...more, { ...cosine, metric: 'weak-metric', metricOptions: { a: 1, b: 0.8, P } }],
  });
  const { figures, notes } = compareEvaluations(of(0.5), of(0.5));
  assert.deepEqual([figures[0]?.metric, figures[0]?.metricOptions?.P, notes], ['weak-metric', 0.5, []]);
  const mixed = compareEvaluations(of(0.5, cosine), of(0.3, cosine));
  assert.deepEqual([...new Set(mixed.figures.map(({ metric }) => metric))], ['cosine']);
  const note =
    'metric: weak-metric with a 1, b 0.8, P 0.5 in a, weak-metric with a 1, b 0.8, P 0.3 in b; it is not compared';
  assert.deepEqual(mixed.notes, [note]);
  assert.throws(() => compareEvaluations(of(0.5), of(0.3)), {
    code: 'source-invalid',
    message: /measure weak-metric with a 1, b 0.8, P 0.5, and weak-metric with a 1, b 0.8, P 0.3\.$/,
  });
});
