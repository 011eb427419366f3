import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PreparedVectors } from '../../src/knn/prepared-vectors.ts';
import { quickselect } from '../../src/knn/quickselect.ts';
import { Scorer } from '../../src/knn/scorer.ts';
import { bufferBytes, type CandidateLists, type Candidates, TopKBuffer } from '../../src/knn/top-k-buffer.ts';
import { randomNumbers } from '../../src/random.ts';
import { Yielder } from '../../src/threads/index.ts';
import { randomRows, setOf } from './support/vectors.ts';

const random = randomNumbers(21);
const below = (most: number): number => Math.floor(random() * most);

/** Numbers in ways that are hard to sort: random, few different, in order, all equal, with infinity. */
function numbers(count: number, kind: number): Float32Array {
  const value = (at: number): number =>
    [random(), below(3), at, -at, 7, at % 5 === 0 ? Number.NEGATIVE_INFINITY : random()][kind % 6] ?? 0;
  return Float32Array.from({ length: count }, (_, at) => value(at));
}

test('selection gives the number at a place of the sorted ones', () => {
  for (let round = 0; round < 600; round += 1) {
    const drawn = numbers(1 + below(70), round);
    const place = below(drawn.length);
    const expected = drawn.toSorted()[place];
    const parted = drawn.slice();
    assert.equal(quickselect(parted, place), expected);
    assert.deepEqual(parted.toSorted(), drawn.toSorted());
    assert.ok(
      parted.every((value, at) => (at < place ? value <= (expected ?? 0) : value >= (expected ?? 0))),
    );
  }
});

/** Checks candidates against all scores of its query. */
function checkCandidates({ scores, rows, threshold }: Candidates, all: Float32Array, keep: number): void {
  assert.ok(rows.length >= Math.min(keep, all.filter((score) => score > Number.NEGATIVE_INFINITY).length));
  assert.equal(new Set(rows).size, rows.length);
  assert.deepEqual(
    scores,
    Float32Array.from(rows, (row) => all[row] ?? Number.NaN),
  );
  const listed = new Set(rows);
  assert.ok(all.every((score, row) => listed.has(row) || score <= threshold));
}

test('a buffer has the best, and none of the others is above its threshold', () => {
  for (let round = 0; round < 120; round += 1) {
    const [keep, items, chunk] = [1 + below(9), 1 + below(200), 1 + below(60)];
    const queries = [numbers(items, round), numbers(items, round + 1)];
    const buffer = new TopKBuffer(queries.length, keep);
    for (let from = 0; from < items; from += chunk)
      for (const [query, all] of queries.entries())
        buffer.offer(query, all, from, Math.min(from + chunk, items), from);
    for (const [query, all] of queries.entries()) checkCandidates(buffer.candidates(query), all, keep);
  }
  assert.ok(bufferBytes(10) >= 10 * 8);
});

test('the graph keeps the same items as the buffer', async () => {
  const [query, gallery] = [setOf(randomRows(600, 6, 22), String), setOf(randomRows(333, 6, 23), String)];
  for (const metric of ['cosine', 'l2'] as const) {
    const prepared = new PreparedVectors(query, gallery, metric);
    const best = async (keeper: 'graph' | 'buffer', chunk: number): Promise<CandidateLists> => {
      await using scorer = await Scorer.open(prepared, { provider: 'cpu', threads: 1, keeper });
      return await scorer.topK(5, 590, 12, { chunk, yielder: new Yielder(undefined) });
    };
    await using scorer = await Scorer.open(prepared, { provider: 'cpu', threads: 1 });
    const rows = Array.from({ length: 585 }, (_, at) => at + 5);
    const all = await scorer.scores(rows, { chunk: 100, yielder: new Yielder(undefined) });
    for (const chunk of [7, 100, 1000])
      for (const keeper of ['graph', 'buffer'] as const) {
        const lists = await best(keeper, chunk);
        for (const [at, row] of rows.entries()) {
          const { rows: kept, scores, threshold } = lists.candidates(row - 5);
          const own = all.subarray(at * 333, (at + 1) * 333);
          const expected = own.toSorted().reverse().subarray(0, 12);
          assert.deepEqual(scores.toSorted().reverse().subarray(0, 12), expected);
          checkCandidates({ rows: kept, scores, threshold }, own, 12);
        }
      }
  }
});
