import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SnapshelfError } from '../../../src/errors.ts';
import { Lane } from '../../../src/server/admission/lane.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

/** A lane on a clock that moves when told. */
function setUp(slots: number, maxWaitMs = 0) {
  let now = 0;
  const lane = new Lane({ slots, maxWaitMs, now: () => now });
  const advance = (ms: number): void => {
    now += ms;
    mock.timers.tick(ms);
  };
  /** Lets work pass that takes so many milliseconds, piece by piece. */
  const practise = async (count: number, ms: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      const leave = await lane.enter();
      advance(ms);
      leave();
    }
  };
  return { lane, advance, practise };
}

const isRefusal = (seconds: number) => (error: unknown) => {
  assert.ok(error instanceof SnapshelfError);
  assert.deepEqual([error.code, error.details['retryAfterSeconds']], ['queue-full', seconds]);
  return true;
};

test('the limit of waiting is twice the median time of service, within 50 to 1,000 ms', async () => {
  const { lane, practise } = setUp(1);
  assert.equal(lane.maxWaitMs, 1000);
  await practise(10, 100);
  assert.ok(Math.abs(lane.maxWaitMs - 200) <= 10, `${lane.maxWaitMs}`);
  await practise(30, 1);
  assert.equal(lane.maxWaitMs, 50);
  await practise(50, 3000);
  assert.equal(lane.maxWaitMs, 1000);
  assert.equal(setUp(1, 70).lane.maxWaitMs, 70);
});

test('who would wait longer is refused at once, and told when to come back', async () => {
  const { lane, practise } = setUp(2, 2500);
  await practise(10, 2000);
  const leaves = [await lane.enter(), await lane.enter()];
  const waiting = [lane.enter(), lane.enter()];
  await setImmediate();
  assert.equal(lane.waiting, 2);
  assert.throws(() => lane.check(), isRefusal(3));
  await assert.rejects(lane.enter(), isRefusal(3));
  for (const leave of leaves) leave();
  for (const leave of await Promise.all(waiting)) leave();
  assert.deepEqual([lane.running, lane.waiting], [0, 0]);
  lane.check();
});

test('who has waited for the limit is refused, where work takes longer than it did', async () => {
  const { lane, advance, practise } = setUp(1);
  await practise(10, 40);
  const leave = await lane.enter();
  const late = assert.rejects(lane.enter(), isRefusal(1));
  await setImmediate();
  advance(lane.maxWaitMs);
  await late;
  leave();
  leave();
  assert.equal(lane.running, 0);
});

test('turns are handed on in order, and one that is given up is left out', async () => {
  const { lane } = setUp(1);
  const leave = await lane.enter();
  const gone = new AbortController();
  const order: number[] = [];
  const given = assert.rejects(lane.enter(gone.signal), /left/);
  const others = [1, 2].map(async (i) => {
    const end = await lane.enter();
    order.push(i);
    end();
  });
  gone.abort(new Error('left'));
  await given;
  leave();
  await Promise.all(others);
  assert.deepEqual([order, lane.running], [[1, 2], 0]);
});

test('what is on its way counts as before the next, no longer than the limit of waiting', async () => {
  const { lane, advance, practise } = setUp(1, 150);
  await practise(10, 100);
  const first = lane.announce();
  const second = lane.announce();
  assert.throws(() => lane.announce(), isRefusal(1));
  // What has come is not behind those who are still on their way.
  first();
  first();
  const leave = await lane.enter();
  assert.throws(() => lane.announce(), isRefusal(1));
  advance(150);
  const third = lane.announce();
  assert.throws(() => lane.announce(), isRefusal(1));
  second();
  third();
  leave();
  assert.equal(lane.expectedWaitMs, 0);
});
