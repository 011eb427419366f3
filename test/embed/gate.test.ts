import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Gate } from '../../src/embed/gate.ts';

const never = new AbortController().signal;

test('never more than its width at a time, in order, and an error frees the place', async () => {
  const gate = new Gate(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const task = async (i: number): Promise<number> => {
    started.push(i);
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    if (i % 3 === 0) throw new RangeError(`task ${i}`);
    return i;
  };
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => gate.run(() => task(i), never)),
  );
  assert.equal(most, 2);
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(results.filter(({ status }) => status === 'rejected').length, 4);
});

test('a task whose signal aborts before its turn never starts and does not block the line', async () => {
  const gate = new Gate(1);
  const abort = new AbortController();
  let release = (): void => {};
  const first = gate.run(() => new Promise<void>((resolve) => (release = resolve)), never);
  const second = gate.run(() => assert.fail('must not start'), abort.signal);
  const third = gate.run(async () => 3, never);
  abort.abort(new Error('changed my mind'));
  await assert.rejects(second, /changed my mind/);
  await assert.rejects(
    gate.run(async () => 4, abort.signal),
    /changed my mind/,
  );
  release();
  await first;
  assert.equal(await third, 3);
});

test('a task in the background lets all others pass', async () => {
  const gate = new Gate(1);
  const started: string[] = [];
  const task = (name: string) => async (): Promise<void> => {
    started.push(name);
    await turn();
  };
  const bulk = ['a', 'b', 'c'].map((name) => gate.run(task(name), never, true));
  const urgent = ['x', 'y'].map((name) => gate.run(task(name), never));
  await Promise.all([...bulk, ...urgent]);
  assert.deepEqual(started, ['a', 'x', 'y', 'b', 'c']);
});
