import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type LabelledVectors, type RankingRow } from '../../../src/eval/index.ts';
import { pairedBootstrap } from '../../../src/metrics/index.ts';
import {
  cosineSimilarity,
  expandQuery,
  kReciprocalDefaults,
  kReciprocalDistances,
  rowOf,
} from '../../../src/vectors/index.ts';
import { drawnVectors } from '../support/drawn.ts';

const all = drawnVectors(60, 6, { seed: 5, prefix: 'i' });
const others = drawnVectors(25, 6, { seed: 6, prefix: 'q' });
const options = { ks: [1, 5], metrics: ['cosine'] } as const;
const subject = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;

const rows = [...all.ids.keys()];
const labelOf = (row: number): string => all.labels[row] as string;
const matrix = (list: readonly Float32Array[]) => ({
  vectors: Float32Array.from(list.flatMap((one) => [...one])),
  dimension: all.dimension,
});

/** All rows but the query's own, the nearest first. */
function nearest(vector: Float32Array, own: number): number[] {
  const scores = rows.map((row) => cosineSimilarity(vector, rowOf(all, row)));
  return rows.filter((row) => row !== own).sort((a, b) => (scores[b] as number) - (scores[a] as number));
}

/** Recall@5 and mAP@R of places that are right, of so many. */
function figures(right: readonly boolean[], count: number): [number, number] {
  let hits = 0;
  let sum = 0;
  for (const [at, is] of right.slice(0, count).entries()) {
    if (!is) continue;
    hits += 1;
    sum += hits / (at + 1);
  }
  return [right.slice(0, 5).includes(true) ? 1 : 0, sum / count];
}

/** Recall@5 and mAP@R of each query by an order of rows. */
const ofItems = (set: LabelledVectors, order: (vector: Float32Array, own: number) => number[]) =>
  set.ids.map((id, query) => {
    const own = all.ids.indexOf(id);
    const isRight = (row: number): boolean => labelOf(row) === set.labels[query];
    const found = order(rowOf(set, query), own);
    return figures(found.map(isRight), found.filter(isRight).length);
  });

/** The same of products: the three items in a row. */
const ofProducts = (set: LabelledVectors, scoreOf: (scores: readonly number[]) => number) =>
  set.ids.map((id, query) => {
    const own = all.ids.indexOf(id);
    const vector = rowOf(set, query);
    const products = Array.from({ length: 20 }, (_, product) =>
      [3 * product, 3 * product + 1, 3 * product + 2].filter((row) => row !== own),
    );
    const scores = products.map((members) =>
      scoreOf(members.map((row) => cosineSimilarity(vector, rowOf(all, row)))),
    );
    const order = [...products.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number));
    const right = order.map((product) =>
      (products[product] as number[]).some((row) => labelOf(row) === set.labels[query]),
    );
    return figures(right, right.filter(Boolean).length);
  });

function check(
  row: RankingRow | undefined,
  ids: readonly string[],
  values: [number, number][],
  against?: [number, number][],
) {
  assert.ok(row);
  for (const [at, name] of ['recall@5', 'map@r'].entries()) {
    const figure: RankingRow['figures'][number] | undefined = row.figures.find((one) => one.name === name);
    const column = (of: [number, number][]) => ({ ids, values: of.map((pair) => pair[at] as number) });
    const mean = column(values).values.reduce((sum, value) => sum + value, 0) / ids.length;
    assert.ok(
      Math.abs((figure?.mean ?? 0) - mean) < 1e-12,
      `${row.line} ${name}: ${figure?.mean}, not ${mean}`,
    );
    const change = against && pairedBootstrap(column(values), column(against), { seed: 0 });
    assert.deepEqual(
      figure?.change,
      change ? { difference: change.difference, interval: change.interval } : null,
    );
  }
}

for (const [name, set] of [
  ['each among the others', all],
  ['against a gallery', others],
] as const)
  test(`each option has its line against the plain order, ${name}`, async () => {
    const isSelf = set === all;
    const turned = { ...set, vectors: set.vectors.map((value, i) => value + Math.sin(i)) };
    const { ranking } = await evaluate(
      { queries: set, gallery: isSelf ? undefined : all, subject },
      {
        ...options,
        ranking: {
          expand: { n: 2 },
          rerank: { depth: 12, k1: 5 },
          views: true,
          crop: { vectors: turned, milliseconds: 4 },
          productOf: (id) => `p${Math.floor(all.ids.indexOf(id) / 3)}`,
        },
      },
    );
    assert.ok(ranking);
    const lines = new Map(ranking.rows.map((row) => [row.line, row]));
    assert.deepEqual([...lines.keys()], ['plain', 'crop', 'expand', 'rerank', 'max', 'mean']);
    const plain = ofItems(set, nearest);
    check(lines.get('plain'), set.ids, plain);
    check(lines.get('crop'), set.ids, ofItems(turned, nearest), plain);
    assert.equal(lines.get('crop')?.milliseconds, 4);
    const expanded = ofItems(set, (vector, own) => {
      const near = nearest(vector, own).slice(0, 2);
      return nearest(expandQuery(vector, matrix(near.map((row) => rowOf(all, row))), 3), own);
    });
    check(lines.get('expand'), set.ids, expanded, plain);
    const reranked = ofItems(set, (vector, own) => {
      const order = nearest(vector, own);
      const pool = matrix([vector, ...order.slice(0, 12).map((row) => rowOf(all, row))]);
      const work = kReciprocalDistances(pool, { ...kReciprocalDefaults, k1: 5 });
      let step = work.next();
      while (!step.done) step = work.next();
      const distances = step.value;
      const first = [...distances.keys()].sort((a, b) => (distances[a] as number) - (distances[b] as number));
      return [...first.map((at) => order[at] as number), ...order.slice(12)];
    });
    check(lines.get('rerank'), set.ids, reranked, plain);
    const best = ofProducts(set, (scores) => Math.max(...scores));
    check(lines.get('max'), set.ids, best);
    const mean = ofProducts(set, (scores) => scores.reduce((sum, one) => sum + one, 0) / scores.length);
    check(lines.get('mean'), set.ids, mean, best);
  });

test('without products the items of a label count as one; what is missing says why, and numbers are checked', async () => {
  const input = { queries: others, gallery: all, subject };
  const missing = 'There are no pictures.';
  const { ranking } = await evaluate(input, { ...options, ranking: { views: true, crop: { missing } } });
  const labels = new Set(all.labels).size;
  const max = ranking?.rows.find(({ line }) => line === 'max');
  assert.match(max?.note ?? '', /items of a label count as one/);
  assert.ok(labels <= 5 || (max?.figures[0]?.mean ?? 0) > 0);
  const crop = ranking?.rows.find(({ line }) => line === 'crop');
  assert.deepEqual([crop?.missing, crop?.figures], [missing, []]);
  await assert.rejects(evaluate(input, { ...options, ranking: { expand: { n: 0 } } }), /expand\.n must be/);
});
