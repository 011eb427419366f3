import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { JobQueue } from '../../../src/server/evaluations/job-queue.ts';

/** Jobs that end when they are told to, or when they are aborted. */
function jobs() {
  const log: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (id: string) => async (signal: AbortSignal) => {
    log.push(`${id} began`);
    await new Promise<void>((resolve, reject) => {
      ends.set(id, (error) => (error === undefined ? resolve() : reject(error)));
      signal.addEventListener('abort', () => reject(signal.reason));
    }).finally(() => log.push(`${id} ${signal.aborted ? 'was aborted' : 'ended'}`));
  };
  return { log, work, end: (id: string, error?: Error) => ends.get(id)?.(error) };
}

test('jobs run in their order, as many at a time as may', async () => {
  const { log, work, end } = jobs();
  const queue = new JobQueue(2);
  for (const id of ['a', 'b', 'c', 'd']) queue.add(id, work(id));
  await turn();
  assert.deepEqual(log, ['a began', 'b began']);
  assert.equal(queue.waiting, 2);
  end('b');
  await turn();
  assert.deepEqual(log.slice(2), ['b ended', 'c began']);
  // One that fails makes room as well.
  end('a', new Error('failed'));
  await turn();
  assert.deepEqual(log.slice(4), ['a ended', 'd began']);
  assert.equal(queue.waiting, 0);
});

test('a job that is removed never begins, or is aborted and has ended', async () => {
  const { log, work } = jobs();
  const queue = new JobQueue(1);
  for (const id of ['a', 'b', 'c']) queue.add(id, work(id));
  await queue.remove('b');
  assert.equal(queue.waiting, 1);
  await queue.remove('a');
  assert.deepEqual(log.slice(0, 2), ['a began', 'a was aborted']);
  await turn();
  assert.equal(log.at(-1), 'c began');
  await queue.remove('nobody');
});

test('a queue that is closed aborts what runs and begins nothing more', async () => {
  const { log, work } = jobs();
  const queue = new JobQueue(1);
  queue.add('a', work('a'));
  queue.add('b', work('b'));
  await turn();
  await queue.close();
  queue.add('c', work('c'));
  await turn();
  assert.deepEqual(log, ['a began', 'a was aborted']);
});

test('a queue of no concurrency holds everything; a wrong one is refused', async () => {
  const { log, work } = jobs();
  const queue = new JobQueue(0);
  queue.add('a', work('a'));
  await turn();
  assert.deepEqual([queue.waiting, log], [1, []]);
  for (const concurrency of [-1, 0.5, Number.NaN]) assert.throws(() => new JobQueue(concurrency), RangeError);
});
