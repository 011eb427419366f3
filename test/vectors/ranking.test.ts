import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ranking, RankingCheck } from '../../src/vectors/index.ts';

const ranking = (neighbours: number[], distances: number[]): Ranking => ({
  query: 0,
  neighbours: Uint32Array.from(neighbours),
  distances: Float32Array.from(distances),
});

test('a ranking in order passes as it is, again and again, and so does an empty one', () => {
  const check = new RankingCheck(3);
  for (const right of [ranking([2, 0, 1], [0, 1, 1]), ranking([2], [0]), ranking([], [])])
    for (const own of [undefined, -1, 7]) assert.equal(check.check(right, own), right);
});

test('what is no ranking is refused, with the query and the place', () => {
  const wrong: [Ranking, RegExp, number?][] = [
    [ranking([1], [0, 1]), /^RangeError: Query 0 has 1 neighbours, but 2 distances/],
    [ranking([0, 1], [1, 0.5]), /^RangeError: Neighbours of query 0 .* see place 1 \(0.5, after 1\)/],
    [ranking([0, 1], [0, Number.NaN]), /see place 1 \(NaN, after 0\)/],
    [ranking([0], [Number.NaN]), /see place 0/],
    [ranking([2, 1], [1, 1]), /order of their distances, then rows: see place 1/],
    [ranking([1, 3], [0, 1]), /^RangeError: Query 0 has neighbour 3, .* none of 3 items/],
    [ranking([1, 2, 1], [0, 1, 2]), /neighbour 1, .* there twice/],
    [ranking([1, 0], [0, 1]), /neighbour 0, which is itself/, 0],
  ];
  for (const [one, message, own] of wrong) assert.throws(() => new RankingCheck(3).check(one, own), message);
});
