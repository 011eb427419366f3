import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SnapshelfError } from '../../../src/errors.ts';
import { Scheduler } from '../../../src/gallery/worker/scheduler.ts';
import type { Sliced } from '../../../src/threads/index.ts';

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

test('a task that waits for a promise has no slices meanwhile, and can be cancelled', async () => {
  const scheduler = new Scheduler(nothing);
  const log: string[] = [];
  let arrive = (): void => assert.fail('nobody waits');
  const letter = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const waiting = function* (name: string): Sliced<string> {
    try {
      log.push(`${name} waits`);
      yield letter;
      log.push(`${name} goes on`);
      return name;
    } finally {
      log.push(`${name} ends`);
    }
  };
  let cancel = (_reason: SnapshelfError): void => assert.fail('nobody listens');
  const first = scheduler.run(waiting('a'));
  const second = scheduler.run(waiting('b'), {
    onCancel: (listener) => {
      cancel = listener;
    },
  });
  for (let i = 0; i < 3; i++) await turn();
  assert.deepEqual(log.splice(0), ['a waits', 'b waits']);
  cancel(new SnapshelfError('closed', 'given up'));
  await assert.rejects(second, /given up/);
  arrive();
  assert.equal(await first, 'a');
  assert.deepEqual(log, ['b ends', 'a goes on', 'a ends']);
});

test('a new task is done before one that takes long, which goes on all the same', async () => {
  const scheduler = new Scheduler(nothing);
  const log: string[] = [];
  const long = scheduler.run(counting('long', 40, log));
  while (log.length < 20) await turn();
  log.length = 0;
  await scheduler.run(counting('new', 5, log));
  assert.deepEqual(log.slice(0, 4), ['new', 'new', 'long', 'new']);
  assert.equal(await long, 'long');
});

test('background work that waits for a thread is not asked again before somebody wakes it', async () => {
  let asked = 0;
  const scheduler = new Scheduler({ isBehind: () => true, work: () => ++asked < 3 });
  scheduler.wake();
  for (let i = 0; i < 6; i++) await turn();
  assert.equal(asked, 3);
  scheduler.wake();
  for (let i = 0; i < 3; i++) await turn();
  assert.equal(asked, 4);
  scheduler.stop();
});
