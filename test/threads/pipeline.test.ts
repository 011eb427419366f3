import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pipeline } from '../../src/threads/index.ts';

test('results come in the order of the items, and no more than the limit are under way', async () => {
  for (const limit of [1, 2, 5, 20]) {
    let running = 0;
    let most = 0;
    const work = async (item: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      await setTimeout(item % 3);
      running -= 1;
      return item * 2;
    };
    const items = Array.from({ length: 10 }, (_, at) => at);
    const results: number[] = [];
    for await (const result of pipeline(items, limit, work)) results.push(result);
    assert.deepEqual(
      results,
      items.map((item) => item * 2),
    );
    assert.equal(most, Math.min(limit, items.length));
  }
});

test('a failure is thrown in its turn, when what was under way has ended', async () => {
  let ended = 0;
  const work = async (item: number): Promise<number> => {
    if (item === 1) throw new Error('planted');
    await setTimeout(20);
    ended += 1;
    return item;
  };
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const result of pipeline([0, 1, 2, 3, 4, 5], 4, work)) seen.push(result);
  }, /planted/);
  assert.deepEqual(seen, [0]);
  assert.equal(ended, 4);
});

test('a reader that stops early waits for what is under way', async () => {
  let running = 0;
  const work = async (item: number): Promise<number> => {
    running += 1;
    await setTimeout(10);
    running -= 1;
    return item;
  };
  for await (const result of pipeline([0, 1, 2, 3], 3, work)) {
    assert.equal(result, 0);
    break;
  }
  assert.equal(running, 0);
});
