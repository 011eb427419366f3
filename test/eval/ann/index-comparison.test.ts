import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareIndex } from '../../../src/eval/ann/index-comparison.ts';
import { timeQueries } from '../../../src/eval/ann/time-queries.ts';
import type { LabelledVectors } from '../../../src/eval/types.ts';
import { exactSearchOf } from '../../../src/gallery/index.ts';
import { distanceBetween, drawnVectors } from '../support/drawn.ts';

/** The rows of the k nearest items of a query by brute force, itself left out. */
function nearest(items: LabelledVectors, query: number, k: number, metric: 'cosine' | 'l2'): number[] {
  const rows = [...items.ids.keys()].filter((row) => row !== query);
  const distance = (row: number): number => distanceBetween(items, query, items, row, metric);
  return rows.sort((a, b) => distance(a) - distance(b)).slice(0, k);
}

test('the scan that is timed finds the true nearest items, as a collection does', async () => {
  // More rows than a block.
  const items = drawnVectors(700, 12, { seed: 11 });
  for (const metric of ['cosine', 'l2'] as const) {
    const rows = [0, 255, 256, 511, 699];
    const how = { k: 5, self: true };
    const { rankings, queriesPerSecond } = await timeQueries(
      exactSearchOf(items, { metric }),
      items,
      rows,
      how,
    );
    assert.ok(queriesPerSecond > 0);
    for (const [at, row] of rows.entries())
      assert.deepEqual([...(rankings[at]?.neighbours ?? [])], nearest(items, row, 5, metric));
  }
});

test('the comparison has the width that a collection searches with, and ends with an abort', async (t) => {
  const queries = drawnVectors(300, 6, { seed: 3 });
  const count = queries.ids.length;
  const none = new Uint32Array(count * 10);
  const truth = {
    nearest: { count: 10, rows: none, distances: new Float32Array(count * 10) },
    firstRelevant: new Uint32Array(count).fill(1),
  };
  const options = { metric: 'l2', ks: [1], truth, sweep: [16] } as const;
  const compared = await compareIndex(queries, undefined, options).catch((error) => {
    if (error.code === 'index-unavailable') t.skip('the native index is not installed');
    return undefined;
  });
  if (compared === undefined) return;
  const { sweep, liveEf, exact } = compared;
  assert.deepEqual(
    sweep.map(({ ef }) => ef),
    [16, liveEf],
  );
  assert.deepEqual(exact.recall, [1]);
  const reason = new Error('enough');
  await assert.rejects(
    compareIndex(queries, undefined, { ...options, signal: AbortSignal.abort(reason) }),
    reason,
  );
});
