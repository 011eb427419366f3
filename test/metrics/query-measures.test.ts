import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type MarkedRanking,
  measureList,
  measureQuery,
  type QueryMeasures,
} from '../../src/metrics/index.ts';
import { figuresByDefinition, ordersOfTies } from './support/reference.ts';

const list = measureList([1, 2, 4], [1, 3]);

const marked = (hits: readonly boolean[], distances: readonly number[]): MarkedRanking => ({
  isRelevant: hits,
  distances: Float32Array.from(distances),
  relevantCount: hits.filter(Boolean).length,
});

const scored = (ranking: MarkedRanking, by = list): QueryMeasures => {
  const score = measureQuery(ranking, by);
  assert.ok(score !== undefined);
  return score;
};

const named = (figures: Float64Array, by = list): Record<string, number | undefined> =>
  Object.fromEntries(by.names.map((name, at) => [name, figures[at]]));

function assertNear(actual: Float64Array, expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length);
  for (const [at, value] of actual.entries())
    assert.ok(
      Math.abs(value - (expected[at] ?? Number.NaN)) < 1e-12,
      `${what} ${list.names[at]}: ${value}, ${expected[at]}`,
    );
}

/** A gallery in which distances are few, so that most are tied, or all equal. */
const galleries = (most: number, levels: number): fc.Arbitrary<{ hits: boolean[]; distances: number[] }> =>
  fc
    .array(fc.record({ hit: fc.boolean(), distance: fc.nat(levels) }), { minLength: 1, maxLength: most })
    .map((items) => items.sort((a, b) => a.distance - b.distance))
    .map((items) => ({ hits: items.map(({ hit }) => hit), distances: items.map(({ distance }) => distance) }))
    .filter(({ hits }) => hits.includes(true));

test('figures of a ranking computed by hand', () => {
  const score = scored({ isRelevant: [0, 1, 1, 0, 0], distances: [1, 2, 3, 4, 5], relevantCount: 4 });
  const log = Math.log2;
  assert.deepEqual(named(score.stable), {
    'recall@1': 0,
    'recall@2': 1,
    'recall@4': 1,
    'r-precision': 0.5,
    'map@r': (1 / 2 + 2 / 3) / 4,
    mrr: 0.5,
    'ndcg@1': 0,
    'ndcg@3': (1 / log(3) + 1 / log(4)) / (1 + 1 / log(3) + 1 / log(4)),
  });
  assert.equal(score.tied, false);
});

test('bounds of a tie computed by hand', () => {
  const by = measureList([1, 2]);
  const score = scored({ isRelevant: [0, 1, 0, 1], distances: [3, 3, 3, 4], relevantCount: 2 }, by);
  assert.deepEqual([...score.stable], [0, 1, 1 / 2, 1 / 4, 1 / 2]);
  assert.deepEqual([...score.optimistic], [1, 1, 1 / 2, 1 / 2, 1]);
  assert.deepEqual([...score.pessimistic], [0, 0, 0, 0, 1 / 3]);
  assert.equal(score.tied, true);
});

test('a tie that changes no figure is none: alike items, or beyond all cutoffs', () => {
  const alike = scored(marked([true, true, false, false], [1, 1, 2, 2]));
  assert.equal(alike.tied, false);
  const beyond = { isRelevant: [1, 0, 0, 0, 1, 0], distances: [1, 2, 3, 4, 5, 5], relevantCount: 2 };
  assert.equal(scored(beyond).tied, false);
});

test('figures in the order given are those of the definitions', () => {
  fc.assert(
    fc.property(galleries(40, 12), ({ hits, distances }) => {
      const score = scored(marked(hits, distances));
      assertNear(score.stable, figuresByDefinition(hits, list), 'stable');
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('bounds are the least and the most over all orders of the ties', () => {
  fc.assert(
    fc.property(galleries(7, 2), ({ hits, distances }) => {
      const score = scored(marked(hits, distances));
      const orders = ordersOfTies(hits, distances).map((order) => figuresByDefinition(order, list));
      const over = (choose: (...values: number[]) => number): number[] =>
        list.names.map((_, at) => choose(...orders.map((figures) => figures[at] ?? Number.NaN)));
      assertNear(score.optimistic, over(Math.max), 'optimistic');
      assertNear(score.pessimistic, over(Math.min), 'pessimistic');
      const spread = over(Math.max).some((most, at) => most - (over(Math.min)[at] ?? 0) > 1e-12);
      assert.equal(score.tied, spread);
    }),
    { seed: 2, numRuns: 200 },
  );
});

test('all distances equal: anything is possible', () => {
  const hits = Array.from({ length: 100 }, (_, at) => at % 10 === 3);
  const score = scored(marked(hits, new Array(100).fill(0)));
  assert.deepEqual([...score.optimistic], new Array(8).fill(1));
  assert.deepEqual([...score.pessimistic], [0, 0, 0, 0, 0, 1 / 91, 0, 0]);
  assertNear(score.stable, figuresByDefinition(hits, list), 'stable');
});

test('one label: every figure is 1 in every order', () => {
  const score = scored(
    marked(new Array(30).fill(true), [...new Array(15).fill(0), ...new Array(15).fill(1)]),
  );
  for (const figures of [score.stable, score.optimistic, score.pessimistic])
    assert.deepEqual([...figures], new Array(8).fill(1));
});

test('a lone query has no figures', () => {
  assert.equal(measureQuery({ isRelevant: [0, 0], distances: [1, 2], relevantCount: 0 }, list), undefined);
  assert.equal(measureQuery({ isRelevant: [], distances: [], relevantCount: 0 }, list), undefined);
});

test('a ranking that ends early says the same or throws', () => {
  const ends = { same: 0, thrown: 0 };
  fc.assert(
    fc.property(galleries(30, 12), ({ hits, distances }) => {
      const whole = scored(marked(hits, distances));
      for (let end = 0; end < hits.length; end += 1) {
        if (distances[end] === distances[end - 1]) continue;
        const cut = { ...marked(hits, distances.slice(0, end)), isRelevant: hits.slice(0, end) };
        const enough = cut.isRelevant.includes(true) && end >= Math.max(4, whole.relevantCount);
        const complete = cut.isRelevant.filter(Boolean).length === whole.relevantCount;
        ends[enough || complete ? 'same' : 'thrown'] += 1;
        if (enough || complete) assert.deepEqual(scored(cut), whole);
        else assert.throws(() => measureQuery(cut, list), RangeError);
      }
    }),
    { seed: 3, numRuns: 200 },
  );
  assert.ok(ends.same > 100 && ends.thrown > 100, JSON.stringify(ends));
});

test('misuse throws and shows the value', () => {
  const score = (relevant: number[], distances: number[], relevantCount: number) => () =>
    measureQuery({ isRelevant: relevant, distances, relevantCount }, list);
  assert.throws(score([1, 1], [1, 2], 1), /^RangeError: .* 2 relevant items, but the gallery only 1/);
  for (const wrong of [-1, 1.5, Number.NaN]) assert.throws(score([], [], wrong), RangeError);
  for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => measureList([1, wrong]), RangeError);
    assert.throws(() => measureList([1], [wrong]), RangeError);
  }
  assert.throws(() => measureList([1, 5, 5]), /^RangeError: recall must .* 5 is there twice/);
});

test('Recall@1 is always among the figures', () => {
  assert.deepEqual(measureList([10, 5]).names, [
    'recall@1',
    'recall@10',
    'recall@5',
    'r-precision',
    'map@r',
    'mrr',
  ]);
  assert.equal(measureList([2], [50]).deepest, 50);
});
