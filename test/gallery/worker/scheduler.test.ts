import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerClient } from '../../../src/gallery/api/client.ts';
import { defaultThresholds } from '../../../src/gallery/search/exact-search-limits.ts';
import { Scheduler, type Sliced } from '../../../src/gallery/worker/scheduler.ts';
import { silentLogger } from '../../../src/log.ts';

const settings = { directory: '', readOnly: true, createIfMissing: false, thresholds: defaultThresholds };

/** A worker that opens, answers nothing, and dies of its second request. */
const dying = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    let requests = 0;
    parentPort.on('message', () => { if (++requests === 2) throw new Error('out of luck'); });
    parentPort.postMessage({ id: 0, value: undefined });`)}`,
);

test('when the worker dies, what is pending and what comes later is rejected', async () => {
  const client = await WorkerClient.start(settings, silentLogger, dying);
  const pending = [client.ask('info', ['shop']), client.ask('collections', [])];
  for (const outcome of await Promise.allSettled(pending)) {
    assert.equal(outcome.status, 'rejected');
    assert.equal(outcome.reason.code, 'worker-died');
    assert.match(String(outcome.reason.cause), /out of luck/);
  }
  await assert.rejects(client.ask('info', ['shop']), { code: 'worker-died' });
  await client.close();
});

test('a worker that does not start rejects the opening', async () => {
  const broken = new URL('data:text/javascript,throw new Error("no")');
  await assert.rejects(WorkerClient.start(settings, silentLogger, broken), { code: 'worker-died' });
});

const unexpected = (error: unknown): void => assert.fail(String(error));
const nothing = { isBehind: (): boolean => false, work: (): void => {} };

/** Counts to n, a slice each, telling the log about each. */
function* counting(name: string, n: number, log: string[]): Sliced<string> {
  for (let i = 0; i < n; i++) {
    log.push(name);
    yield;
  }
  return name;
}

const ended = (scheduler: Scheduler, id: number, work: Sliced<unknown>): Promise<unknown> =>
  new Promise((resolve) => scheduler.start(id, work, resolve));

test('long work is shared out in turns, and background work waits for it', async () => {
  const log: string[] = [];
  let left = 3;
  const background = { isBehind: (): boolean => left > 0, work: () => log.push(`background ${left--}`) };
  const scheduler = new Scheduler(background, unexpected);
  const outcomes = await Promise.all([
    ended(scheduler, 1, counting('a', 4, log)),
    ended(scheduler, 2, counting('b', 2, log)),
  ]);
  assert.deepEqual(outcomes, [{ value: 'a' }, { value: 'b' }]);
  const [a, b] = ['a', 'b'];
  assert.deepEqual(log, [a, b, a, b, a, a, 'background 3']);
});

test('very long work does not keep background work from going on', async () => {
  const log: string[] = [];
  const background = { isBehind: (): boolean => true, work: () => log.push('background') };
  const scheduler = new Scheduler(background, unexpected);
  await ended(scheduler, 1, counting('a', 40, log));
  scheduler.stop(() => {});
  const slices = log.filter((entry) => entry === 'background').length;
  assert.ok(slices >= 4 && slices <= 8, `${slices} slices`);
});

test('a failing task is told its error, a cancelled one is closed and told nothing', async () => {
  const scheduler = new Scheduler(nothing, unexpected);
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
  scheduler.start(1, cancelled, () => assert.fail());
  scheduler.cancel(1);
  assert.deepEqual(await ended(scheduler, 2, failing), { error: new RangeError('no') });
  assert.deepEqual(log, ['closed']);
});

test('background work that fails rests until the next request', async () => {
  const errors: unknown[] = [];
  const background = {
    isBehind: (): boolean => true,
    work: (): void => {
      throw new Error('disk');
    },
  };
  const scheduler = new Scheduler(background, (error) => errors.push(error));
  scheduler.wake();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(errors.length, 1);
});
