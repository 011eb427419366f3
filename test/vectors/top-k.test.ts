import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopK } from '../../src/vectors/index.ts';

test('the k best are the first k of a sort by distance and sequence', () => {
  const offers = fc.uniqueArray(fc.record({ sequence: fc.nat(), distance: fc.integer({ min: 0, max: 5 }) }), {
    selector: ({ sequence }) => sequence,
  });
  fc.assert(
    fc.property(offers, fc.integer({ min: 1, max: 20 }), (list, k) => {
      const best = new TopK(k);
      for (const { sequence, distance } of list) best.offer(sequence, distance);
      const sorted = [...list].sort((a, b) => a.distance - b.distance || a.sequence - b.sequence);
      assert.deepEqual(
        best.sorted(),
        sorted.slice(0, k).map(({ sequence, distance }) => ({ sequence, distance })),
      );
    }),
  );
});
