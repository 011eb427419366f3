import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SnapshelfError } from '../../../src/errors.ts';
import { Scheduler, type Sliced } from '../../../src/gallery/worker/scheduler.ts';

const nothing = { isBehind: (): boolean => false, work: (): boolean => false };

/** Counts to n, a slice each, telling the log about each. */
function* counting(name: string, n: number, log: string[]): Sliced<string> {
  for (let i = 0; i < n; i++) {
    log.push(name);
    yield;
  }
  return name;
}

test('long work is shared out in turns, and background work waits for it', async () => {
  const log: string[] = [];
  let left = 3;
  const background = {
    isBehind: (): boolean => left > 0,
    work: (): boolean => log.push(`background ${left--}`) > 0,
  };
  const scheduler = new Scheduler(background);
  const outcomes = await Promise.all([
    scheduler.run(counting('a', 4, log)),
    scheduler.run(counting('b', 2, log)),
  ]);
  assert.deepEqual(outcomes, ['a', 'b']);
  const requests = ['a', 'b', 'a', 'b', 'a', 'a'];
  assert.deepEqual(log, requests, 'the answers come before background work');
  while (left > 0) await turn();
  assert.deepEqual(log, [...requests, 'background 3', 'background 2', 'background 1']);
});

test('very long work does not keep background work from going on', async () => {
  const log: string[] = [];
  const background = { isBehind: (): boolean => true, work: (): boolean => log.push('background') > 0 };
  const scheduler = new Scheduler(background);
  await scheduler.run(counting('a', 40, log));
  scheduler.stop();
  const slices = log.filter((entry) => entry === 'background').length;
  assert.ok(slices >= 4 && slices <= 8, `${slices} slices`);
});

test('a failing task rejects with its error, a cancelled one is closed and rejects with the reason', async () => {
  const scheduler = new Scheduler(nothing);
  const log: string[] = [];
  const failing = (function* (): Sliced<never> {
    yield;
    throw new RangeError('no');
  })();
  const cancelled = (function* (): Sliced<void> {
    try {
      for (;;) yield;
    } finally {
      log.push('closed');
    }
  })();
  let cancel = (_reason: SnapshelfError): void => assert.fail('nobody listens');
  const given = scheduler.run(cancelled, {
    onCancel: (listener) => {
      cancel = listener;
    },
  });
  cancel(new SnapshelfError('closed', 'given up'));
  await assert.rejects(given, /given up/);
  await assert.rejects(scheduler.run(failing), new RangeError('no'));
  assert.deepEqual(log, ['closed']);
});

test('the request is known whose slice is being done, and none between the slices', async () => {
  const scheduler = new Scheduler(nothing);
  const seen: (string | undefined)[] = [];
  const noting = function* (): Sliced<void> {
    for (let i = 0; i < 2; i++) {
      seen.push(scheduler.request);
      yield;
    }
  };
  const call = (request?: string) => ({ onCancel: () => {}, request });
  const runs = [
    scheduler.run(noting(), call('a')),
    scheduler.run(noting(), call('b')),
    scheduler.run(noting(), call()),
  ];
  assert.equal(scheduler.request, undefined);
  await Promise.all(runs);
  assert.deepEqual(seen, ['a', 'b', undefined, 'a', 'b', undefined]);
});

test('a task that waits for a promise leaves the thread alone until it is settled', async () => {
  const log: string[] = [];
  let left = 100;
  const background = { isBehind: (): boolean => left > 0, work: (): boolean => left-- > 3 };
  const scheduler = new Scheduler(background);
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  const waiting = (function* (): Sliced<string> {
    log.push('asks');
    yield promise;
    yield Promise.reject(new Error('its own affair'));
    return 'answered';
  })();
  const answer = scheduler.run(waiting);
  assert.equal(await scheduler.run(counting('b', 2, log)), 'b');
  // Background work that waits for a thread is not asked again before somebody wakes it.
  while (left > 2) await turn();
  await turn();
  assert.deepEqual([log, left], [['asks', 'b', 'b'], 2]);
  resolve();
  assert.equal(await answer, 'answered');
});
