import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BlockSizes, blockSizes } from '../../src/knn/block-sizes.ts';
import { queriesPerRun } from '../../src/knn/scorer.ts';
import { randomNumbers } from '../../src/random.ts';

const MiB = 2 ** 20;

/** What is held at once: queries and what is kept of them, items as the graph sees them, and the scores of a run. */
const bytes = (width: number, perQuery: number, { queries, items }: BlockSizes): number =>
  queries * perQuery + 4 * items * (width + Math.min(queries, queriesPerRun));

test('blocks stay within half of the budget, which leaves the rest to the allocator', () => {
  const random = randomNumbers(1);
  const below = (most: number): number => 1 + Math.floor(random() * most);
  for (let round = 0; round < 500; round += 1) {
    const [width, queries, items, perQuery] = [below(3000), below(1e5), below(1e6), below(1e5)];
    const budget = (1 + random() * 600) * MiB;
    const size = blockSizes(budget, width, queries, items, perQuery);
    assert.ok(size.queries >= 1 && size.queries <= queries && size.items >= 1 && size.items <= items);
    assert.ok(bytes(width, perQuery, size) <= budget / 2);
  }
});

test('a budget too small for anything still gives one row of each', () => {
  assert.deepEqual(blockSizes(1, 2048, 10, 10, 100), { queries: 1, items: 1 });
});

test('at the size of Stanford Online Products blocks are large, and the arithmetic is far below 1 GiB', () => {
  const [width, rows] = [2064, 60_502];
  for (const keep of [18, 70, 1080]) {
    const perQuery = 4 * width + 32 * keep;
    const size = blockSizes(256 * MiB, width, rows, rows, perQuery);
    assert.ok(size.queries >= 1024 && size.items >= 4000, JSON.stringify(size));
    assert.ok(bytes(width, perQuery, size) + 100 * rows < 256 * MiB);
  }
  const second = blockSizes(256 * MiB, width, rows, rows, 4 * (width + rows));
  assert.ok(second.queries >= 200, JSON.stringify(second));
});
