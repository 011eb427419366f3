import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import { type Waited, WaitingSearches } from '../../../src/gallery/ann/waiting-searches.ts';

/** An index that is only asked for its threads. */
const indexOf = (threads: number): HnswIndex => ({ threads }) as HnswIndex;

/** Searches that find their own first number, and what they were called with. */
function recorded(answers = true): { waiting: WaitingSearches; calls: number[][] } {
  const calls: number[][] = [];
  const waiting = new WaitingSearches((_, queries, k, ef) => {
    calls.push([queries.length, k, ef]);
    if (!answers) return undefined;
    return queries.map((query) =>
      Array.from({ length: k }, (__, i) => ({ sequence: query[0] ?? 0, distance: i })),
    );
  });
  return { waiting, calls };
}

/** Steps all searches in turns, as the scheduler does, until they have ended. */
function finish(searches: readonly Waited[]): unknown[] {
  const answers: unknown[] = searches.map(() => 'pending');
  for (let turn = 0; answers.includes('pending'); turn++) {
    assert.ok(turn < 20, 'a search never ends');
    for (const [i, search] of searches.entries()) {
      if (answers[i] !== 'pending') continue;
      const { done, value } = search.next();
      if (done === true) answers[i] = value?.map(({ sequence }) => sequence);
    }
  }
  return answers;
}

test('searches of one turn and width are one call, and each has its own answer', () => {
  const { waiting, calls } = recorded();
  const index = indexOf(2);
  const search = (number: number, k: number, ef: number) =>
    waiting.nearest({ index, query: Float32Array.of(number), k, ef });
  const answers = finish([search(1, 2, 96), search(2, 1, 96), search(3, 2, 200), search(4, 3, 96)]);
  assert.deepEqual(answers, [[1, 1], [2], [3, 3], [4, 4, 4]]);
  assert.deepEqual(calls, [
    [3, 3, 96],
    [1, 2, 200],
  ]);
});

test('a call is bounded, another index has a call of its own, and one thread waits for nobody', () => {
  const { waiting, calls } = recorded();
  const many = Array.from({ length: 11 }, (_, i) =>
    waiting.nearest({ index: indexed, query: Float32Array.of(i), k: 1, ef: 8 }),
  );
  many.push(waiting.nearest({ index: indexOf(2), query: Float32Array.of(99), k: 1, ef: 8 }));
  assert.deepEqual(finish(many).flat(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99]);
  assert.deepEqual(
    calls.map(([queries]) => queries),
    [8, 3, 1],
  );
  const alone = waiting.nearest({ index: indexOf(1), query: Float32Array.of(7), k: 1, ef: 8 });
  assert.equal(alone.next().done, true);
});

test('one that is given up is not searched for; where a call fails, all of it do', () => {
  const { waiting, calls } = recorded();
  const search = (number: number) =>
    waiting.nearest({ index: indexed, query: Float32Array.of(number), k: 1, ef: 8 });
  const given = search(1);
  const stays = search(2);
  given.next();
  stays.next();
  given.return(undefined);
  assert.deepEqual(finish([stays]), [[2]]);
  assert.deepEqual(calls, [[1, 1, 8]]);
  const failing = recorded(false).waiting;
  const both = [1, 2].map((number) =>
    failing.nearest({ index: indexed, query: Float32Array.of(number), k: 1, ef: 8 }),
  );
  assert.deepEqual(finish(both), [undefined, undefined]);
});

const indexed = indexOf(2);
