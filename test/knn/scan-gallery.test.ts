import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareIndex } from '../../src/eval/ann/index-comparison.ts';
import { evaluate, type LabelledVectors, parseEvaluation } from '../../src/eval/index.ts';
import { knn } from '../../src/knn/index.ts';
import { randomNumbers } from '../../src/random.ts';

/** Softmax vectors of 6 classes, in labels of about eight. */
function softmaxVectors(count: number, seed: number): LabelledVectors {
  const dimension = 6;
  const random = randomNumbers(seed);
  const vectors = new Float32Array(count * dimension);
  for (let row = 0; row < count; row += 1) {
    const powers = Array.from({ length: dimension }, () => Math.exp(8 * random()));
    const sum = powers.reduce((total, power) => total + power, 0);
    vectors.set(
      powers.map((power) => power / sum),
      row * dimension,
    );
  }
  const ids = Array.from({ length: count }, (_, row) => String(row).padStart(4, '0'));
  return { vectors, dimension, ids, labels: ids.map((_, row) => `label ${row % Math.ceil(count / 8)}`) };
}

/** -(1/P) sum log(1 - b/a |p - q|^P), as it is written. */
function byDefinition(
  { vectors, dimension }: LabelledVectors,
  query: number,
  item: number,
  { a, b, P }: { readonly a: number; readonly b: number; readonly P: number },
): number {
  let sum = 0;
  for (let i = 0; i < dimension; i += 1) {
    const gap = Math.abs((vectors[query * dimension + i] ?? 0) - (vectors[item * dimension + i] ?? 0));
    sum -= Math.log(1 - (b / a) * gap ** P) / P;
  }
  return sum;
}

const choices = [
  { metric: 'weak', numbers: { a: 1, b: 1, P: 1 } },
  { metric: 'weak-metric', metricOptions: { a: 2, P: 0.3 }, numbers: { a: 2, b: 0.8, P: 0.3 } },
] as const;

for (const { numbers, ...choice } of choices)
  test(`${choice.metric}: rankings are those of the definition, and the report says what the distance is`, async () => {
    const set = softmaxVectors(90, 5);
    let seen = 0;
    for await (const { query, neighbours, distances } of knn(set, set, {
      distance: choice.metric,
      metricOptions: 'metricOptions' in choice ? choice.metricOptions : undefined,
      k: 20,
      excludeSelf: true,
    })) {
      const expected = [...set.ids.keys()]
        .filter((row) => row !== query)
        .map((row) => ({ row, distance: byDefinition(set, query, row, numbers) }))
        .sort((one, other) => one.distance - other.distance);
      assert.deepEqual(
        [...neighbours],
        expected.slice(0, neighbours.length).map(({ row }) => row),
      );
      for (const [at, distance] of distances.entries())
        assert.ok(Math.abs(distance - (expected[at]?.distance ?? 0)) <= 1e-6 * distance);
      seen += 1;
    }
    assert.equal(seen, 90);
    const report = await evaluate(
      { queries: set, subject: { protocol: 'self', queries: ['drawn'], gallery: null, model: null } },
      {
        metrics: ['cosine', choice.metric],
        ...('metricOptions' in choice && { metricOptions: choice.metricOptions }),
        ks: [1, 5],
      },
    );
    const [cosine, weak] = parseEvaluation(JSON.stringify(report), 'report.json').results;
    assert.equal(cosine?.isMetric, undefined);
    assert.equal(weak?.metric, choice.metric);
    assert.deepEqual(weak?.metricOptions, choice.metric === 'weak' ? undefined : numbers);
    assert.equal(weak?.isMetric, choice.metric === 'weak-metric');
    assert.ok(report.rules.some((rule) => rule.startsWith(choice.metric)));
  });

test('vectors that are no probabilities are named; numbers that no metric takes are refused', async () => {
  const set = softmaxVectors(10, 5);
  const wrong = { ...set, vectors: set.vectors.map((value, i) => (i === 12 ? 3 : value)) };
  const search = knn(set, wrong, { distance: 'weak', k: 1 });
  await assert.rejects(search.next(), {
    code: 'vector-invalid',
    message: /row 2 \("0002"\) has 3 at place 0/,
  });
  const input = {
    queries: set,
    subject: { protocol: 'self', queries: ['drawn'], gallery: null, model: null },
  } as const;
  await assert.rejects(evaluate(input, { ks: [1], metrics: ['weak'], metricOptions: { P: 0.5 } }), {
    name: 'RangeError',
    message: /weak-metric is among the metrics/,
  });
  await assert.rejects(
    evaluate(input, { ks: [1], metrics: ['weak-metric'], metricOptions: { a: 0.5 } }),
    RangeError,
  );
});

test('an index finds candidates, more than are wanted, and the nearest of them are taken by true distance', async (t) => {
  const set = softmaxVectors(400, 9);
  const nearest = { count: 10, rows: new Uint32Array(4000), distances: new Float32Array(4000) };
  for await (const { query, neighbours, distances } of knn(set, set, {
    distance: 'weak',
    k: 10,
    excludeSelf: true,
  })) {
    nearest.rows.set(neighbours.subarray(0, 10), query * 10);
    nearest.distances.set(distances.subarray(0, 10), query * 10);
  }
  const truth = { nearest, firstRelevant: new Uint32Array(400).fill(1) };
  const compared = await compareIndex(set, undefined, { metric: 'weak', ks: [1], truth, sweep: [] }).catch(
    (error: Error) => t.skip(error.message),
  );
  if (compared === undefined) return;
  assert.equal(compared.overFetch, 8);
  assert.ok((compared.sweep[0]?.indexRecall ?? 0) > 0.99, `${compared.sweep[0]?.indexRecall}`);
});
