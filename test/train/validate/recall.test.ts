import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recallAt1 } from '../../../src/train/validate/recall.ts';

const sample = (id: string, label: string) => ({ id, path: id, label, productId: label });

test('Recall@1 by hand: cosine and L2 differ, lone queries do not count, a query is not its own answer', () => {
  const queries = [sample('q1', 'a'), sample('q2', 'b'), sample('q3', 'nowhere')];
  const gallery = [sample('g1', 'a'), sample('g2', 'b')];
  // q1 points as g1 does but lies nearer to g2; q2 is g2.
  const query = Float32Array.of(0.1, 0.1, 0.2, 0, 9, 9);
  const found = Float32Array.of(5, 5, 0.3, 0);
  const sides = { queries, query, gallery, found, self: false };
  assert.equal(recallAt1(sides, 'cosine'), 1);
  assert.equal(recallAt1(sides, 'l2'), 0.5);
  const own = { queries, query, gallery: queries, found: query, self: true };
  assert.equal(recallAt1(own, 'l2'), 0);
});
