// slow: takes several seconds
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Evaluation, evaluate, type LabelledVectors, parseEvaluation } from '../../src/eval/index.ts';
import { distanceBetween, drawnVectors, pick } from './support/drawn.ts';

const subject = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;

/** Share of the queries with a hit among the k nearest, by brute force; a query without a relevant item is left out. */
function recallByHand(
  queries: LabelledVectors,
  gallery: LabelledVectors | undefined,
  metric: 'cosine' | 'l2',
  k: number,
): number {
  const items = gallery ?? queries;
  const results = queries.ids.flatMap((_, query) => {
    const others = items.ids
      .map((_id, row) => row)
      .filter((row) => gallery !== undefined || row !== query)
      .map((row) => ({ row, distance: distanceBetween(queries, query, items, row, metric) }))
      .sort((a, b) => a.distance - b.distance || a.row - b.row);
    const right = others.map(({ row }) => items.labels[row] === queries.labels[query]);
    return right.includes(true) ? [Number(right.slice(0, k).includes(true))] : [];
  });
  return results.reduce((sum, hit) => sum + hit, 0) / results.length;
}

const figure = (evaluation: Evaluation, at: number, name: string): number | undefined =>
  evaluation.results[at]?.main.figures.find((one) => one.name === name)?.mean;

test('figures of queries against a gallery, and of queries among themselves, are those of brute force', async () => {
  const queries = drawnVectors(60, 9, { seed: 3, prefix: 'q' });
  const others = drawnVectors(150, 8, { seed: 4, prefix: 'g' });
  for (const gallery of [others, undefined]) {
    const evaluation = await evaluate({ queries, gallery, subject }, { ks: [1, 5, 20] });
    for (const [at, metric] of (['cosine', 'l2'] as const).entries())
      for (const k of [1, 5, 20]) {
        const expected = recallByHand(queries, gallery, metric, k);
        assert.ok(expected > 0.05 && expected <= 1);
        assert.equal(figure(evaluation, at, `recall@${k}`), expected, `${metric} @${k}`);
      }
  }
});

test('queries without a relevant item are named, and misses in the second figure', async () => {
  const queries = drawnVectors(40, 4, { seed: 5 });
  const lonely = {
    ...queries,
    labels: queries.labels.map((label, row) => (row === 7 ? 'nobody else' : label)),
  };
  const evaluation = await evaluate({ queries: lonely, subject }, { ks: [1], metrics: ['l2'] });
  assert.deepEqual(evaluation.lone, [queries.ids[7]]);
  const [result] = evaluation.results;
  const [without, misses] = [result?.withoutLone, result?.loneAsMisses];
  assert.deepEqual([without?.queries, misses?.queries], [39, 40]);
  assert.equal(misses?.figures[0]?.mean, ((without?.figures[0]?.mean ?? 0) * 39) / 40);
  assert.equal(result?.perQuery.firstRelevant[7], 0);
});

test('identical pictures are told by their hashes, and figures given without them', async () => {
  const gallery = {
    ...drawnVectors(50, 5, { seed: 6, prefix: 'g' }),
    hashes: Array.from({ length: 50 }, (_, row) => `hash ${row}`),
  };
  const twins = pick(gallery, [3, 9, 27]);
  const queries = { ...twins, ids: ['a', 'b', 'c'], hashes: ['hash 3', 'hash 9', 'another file'] };
  const evaluation = await evaluate(
    { queries, gallery, subject: { ...subject, protocol: 'query-gallery' } },
    { ks: [1], metrics: ['cosine'] },
  );
  assert.deepEqual(evaluation.identical, ['a', 'b']);
  assert.equal(figure(evaluation, 0, 'recall@1'), 1);
  const left = pick(
    gallery,
    [...gallery.ids.keys()].filter((row) => row !== 3 && row !== 9),
  );
  const [first, second] = [
    recallByHand(pick(queries, [0, 1]), left, 'cosine', 1),
    evaluation.results[0]?.withoutIdentical,
  ];
  assert.equal(second?.figures[0]?.mean, (2 * first + 1) / 3);
});

test("the paper's convention drops the first hit: a doubled vector then finds itself", async () => {
  const once = drawnVectors(30, 3, { seed: 8 });
  const rows = [...once.ids.keys()].flatMap((row) => [row, row]);
  const doubled = pick(once, rows);
  // The copies have labels of their own: dropping by id leaves a wrong twin in front, drop-first finds the query itself.
  const queries = {
    ...doubled,
    ids: rows.map((_, at) => String(at).padStart(3, '0')),
    labels: doubled.labels.map((label, at) => (at % 2 === 0 ? `${label} copy` : label)),
  };
  const ours = await evaluate({ queries, subject }, { ks: [1], metrics: ['cosine'] });
  const paper = await evaluate({ queries, subject }, { ks: [1], metrics: ['cosine'], convention: 'paper' });
  assert.ok((figure(ours, 0, 'recall@1') ?? 1) < 0.05);
  assert.ok((figure(paper, 0, 'recall@1') ?? 0) > 0.3);
  assert.deepEqual(ours.results[0]?.paper, paper.results[0]?.main);
});

test('a report is plain JSON, the same for the same seed, and read back', async () => {
  const queries = drawnVectors(50, 6, { seed: 10 });
  const options = { ks: [1, 5], index: true, seed: 3 };
  const [one, other] = [
    await evaluate({ queries, subject }, options),
    await evaluate({ queries, subject }, options),
  ];
  assert.deepEqual(parseEvaluation(JSON.stringify(one), 'it'), one);
  assert.deepEqual(one.results, other.results);
  assert.equal(
    one.results[0]?.histogram.positive.reduce((sum, share) => sum + share, 0).toFixed(9),
    '1.000000000',
  );
  for (const broken of [
    '',
    '[]',
    '{}',
    JSON.stringify({ ...one, formatVersion: 2 }),
    JSON.stringify({ ...one, queries: { ids: ['x'] } }),
  ])
    assert.throws(() => parseEvaluation(broken, 'it'), { code: 'source-invalid' });
});

test('HNSW beside exact search: at a wide search it finds what exact search finds', async (t) => {
  const queries = drawnVectors(400, 12, { seed: 11 });
  const { index } = await evaluate({ queries, subject }, { ks: [1, 5], metrics: ['l2'], index: true }).catch(
    (error) => {
      if (error.code === 'index-unavailable') t.skip('the native index is not installed');
      return { index: null };
    },
  );
  if (index === null) return;
  const widest = index.sweep.at(-1);
  assert.equal(widest?.indexRecall, 1);
  assert.deepEqual(widest?.recall, index.exact.recall);
  assert.equal(index.exact.recall[1], recallByHand(queries, undefined, 'l2', 5));
  assert.ok(index.sweep.some(({ ef }) => ef === index.liveEf));
});

test('index recall is that of the width it names, whatever the scale of the vectors and the K of the evaluation', async (t) => {
  const queries = drawnVectors(1500, 12, { seed: 12, dimension: 24 });
  const small = { ...queries, vectors: queries.vectors.map((value) => value * 1e-6) };
  const recalls = async (vectors: LabelledVectors, ks: readonly number[]) =>
    (await evaluate({ queries: vectors, subject }, { ks, metrics: ['l2'], index: true })).index?.sweep.map(
      ({ indexRecall }) => indexRecall,
    );
  try {
    const expected = await recalls(queries, [1]);
    assert.ok((expected?.[0] ?? 1) < 0.999, `${expected}`);
    assert.deepEqual(await recalls(queries, [1, 10, 1000]), expected);
    const scaled = await recalls(small, [1]);
    for (const [at, value] of (expected ?? []).entries())
      assert.ok(Math.abs(value - (scaled?.[at] ?? 9)) < 0.01);
  } catch (error) {
    if ((error as { code?: string }).code !== 'index-unavailable') throw error;
    t.skip('the native index is not installed');
  }
});

test('the published table stands beside the K that it was published with only', async () => {
  const queries = drawnVectors(60, 4, { seed: 2 });
  const cub = { ...subject, protocol: 'cub' } as const;
  const report = async (ks: readonly number[]) =>
    (await evaluate({ queries, subject: cub }, { ks, metrics: ['l2'] })).published;
  assert.equal((await report([1, 2, 4, 8, 16, 32, 50]))?.length, 12);
  assert.equal(await report([1, 10]), null);
});

test('an abort ends it with its reason; nothing to compare is an error', async () => {
  const queries = drawnVectors(30, 3);
  const reason = new Error('enough');
  await assert.rejects(
    evaluate({ queries, subject }, { ks: [1], signal: AbortSignal.abort(reason) }),
    reason,
  );
  await assert.rejects(evaluate({ queries, subject }, { ks: [0] }), RangeError);
  await assert.rejects(evaluate({ queries: pick(queries, []), subject }, { ks: [1] }), {
    code: 'nothing-relevant',
  });
});
