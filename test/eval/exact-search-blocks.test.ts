import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockSizes } from '../../src/eval/search/blocks.ts';
import { randomNumbers } from '../../src/random.ts';

const MiB = 2 ** 20;

/** What a run holds: queries and what is kept of them, items as the graph sees them, and scores. */
const bytes = (dimension: number, perQuery: number, queries: number, items: number): number =>
  queries * (4 * dimension + perQuery) + 4 * items * (dimension + queries);

test('blocks stay within half of the budget, which leaves the rest to the allocator', () => {
  const random = randomNumbers(1);
  for (let round = 0; round < 500; round += 1) {
    const [dimension, queries, items] = [64, 1e5, 1e6].map((most) => 1 + Math.floor(random() * most)) as [
      number,
      number,
      number,
    ];
    const perQuery = Math.floor(random() * 1e5);
    const budget = (4 + random() * 600) * MiB;
    const size = blockSizes(budget, dimension, queries, items, perQuery);
    assert.ok(size.queries >= 1 && size.queries <= queries && size.items >= 1 && size.items <= items);
    assert.ok(bytes(dimension, perQuery, size.queries, size.items) <= budget / 2);
  }
});

test('a budget too small for anything still gives one row of each', () => {
  assert.deepEqual(blockSizes(1, 2048, 10, 10, 100), { queries: 1, items: 1 });
});

test('at the size of Stanford Online Products blocks are large, and the arithmetic is far below 1 GiB', () => {
  for (const depth of [1, 50, 1000]) {
    const size = blockSizes(256 * MiB, 2048, 60_502, 60_502, 64 * (depth + 80));
    assert.ok(size.queries >= 800 && size.items >= 2000, JSON.stringify(size));
    assert.ok(bytes(2048, 64 * (depth + 80), size.queries, size.items) + 60_502 * 30 < 256 * MiB);
  }
});
