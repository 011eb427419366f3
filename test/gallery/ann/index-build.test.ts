import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IndexBuild } from '../../../src/gallery/ann/index-build.ts';
import type { ShardHosts } from '../../../src/gallery/ann/shard-hosts.ts';
import type { Outcome, ShardedIndex } from '../../../src/gallery/ann/sharded-index.ts';
import type { VectorTable } from '../../../src/gallery/storage/vector-table.ts';

test('what is searched beside the index ends where all parts before it are in', () => {
  const outcomes: Outcome<void>[] = [];
  const index = { change: (_: unknown, __: unknown, outcome: Outcome<void>) => outcomes.push(outcome) };
  const rows = (after: number) => [[after + 1, Float32Array.of(1)]];
  const vectors = { dimension: 1, vectorsAfter: rows } as unknown as VectorTable;
  const hosts = { count: 1, numbersPerPart: 1 } as ShardHosts;
  const failed = (): void => assert.fail();
  const build = new IndexBuild(index as unknown as ShardedIndex, 0, { vectors, hosts, failed });
  const later = Number.POSITIVE_INFINITY;
  assert.equal(build.advance(5, later), 3, 'no more parts at a time');
  assert.equal(build.advance(5, later), undefined);
  outcomes[1]?.done([]);
  assert.deepEqual([build.upTo, build.sent], [0, 3]);
  outcomes[0]?.done([]);
  assert.deepEqual([build.upTo, build.sent], [2, 3]);
  assert.equal(build.advance(5, later), 2);
  for (const one of outcomes.slice(2)) one.done([]);
  assert.deepEqual([build.upTo, build.sent], [5, 5]);
});
