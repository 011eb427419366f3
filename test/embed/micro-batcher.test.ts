import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Clock,
  MicroBatcher,
  type MicroBatcherOptions,
  type Place,
} from '../../src/embed/micro-batcher.ts';
import { SnapshelfError } from '../../src/errors.ts';
import type { Priority } from '../../src/threads/index.ts';

/** A clock that moves only when told. */
class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; callback: () => void }>();
  now(): number {
    return this.#now;
  }
  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer);
      timer.callback();
    }
  }
  get timers(): number {
    return this.#timers.size;
  }
}

/** A batcher over workers that finish when told. */
function setUp(options: Partial<MicroBatcherOptions<number>> & { workers?: number } = {}) {
  const clock = new FakeClock();
  const batches: number[][] = [];
  let free = options.workers ?? 1;
  const batcher = new MicroBatcher<number>({
    maxBatch: 4,
    maxWaitMs: 0,
    maxQueue: 8,
    idle: () => free > 0,
    dispatch: (batch) => {
      free -= 1;
      batches.push([...batch]);
    },
    retryAfterSeconds: (waiting) => waiting,
    clock,
    ...options,
  });
  const finish = (): void => {
    free += 1;
    batcher.pump();
  };
  const put = (item: number, priority: Priority = 'foreground'): Place<number> => {
    const place = batcher.admit(priority);
    place.submit(item);
    return place;
  };
  return { batcher, batches, clock, finish, put };
}

test('an idle worker starts at once; a busy one finds what gathered', () => {
  const { batches, put, finish } = setUp();
  for (let i = 0; i < 7; i += 1) put(i);
  assert.deepEqual(batches, [[0]]);
  finish();
  assert.deepEqual(batches, [[0], [1, 2, 3, 4]]);
  finish();
  assert.deepEqual(batches, [[0], [1, 2, 3, 4], [5, 6]]);
});

test('what is in the background lets all others pass, in batches of its own', () => {
  const { batches, clock, put, finish } = setUp({ maxQueue: 16 });
  for (const item of [0, 1, 2, 3, 4, 5, 6]) put(item, 'background');
  put(20, 'middle');
  for (const item of [10, 11]) put(item);
  for (let i = 0; i < 4; i += 1) finish();
  // A run of the model cannot be stopped: beside searches those of bulk work are short.
  assert.deepEqual(batches, [[0], [10, 11], [20], [1], [2]]);
  clock.advance(1000);
  finish();
  assert.deepEqual(batches[5], [3, 4, 5, 6]);
});

test('bulk work that fills its places leaves those of people who wait', () => {
  const { batcher, put } = setUp({ maxQueue: 2 });
  for (const item of [0, 1, 2]) put(item, 'background');
  assert.throws(() => batcher.admit('middle'), { code: 'queue-full' });
  put(10);
  put(11);
  assert.throws(() => batcher.admit(), { code: 'queue-full' });
});

test('several idle workers each get a batch', () => {
  const { batches, put } = setUp({ workers: 2 });
  for (let i = 0; i < 4; i += 1) put(i);
  assert.deepEqual(batches, [[0], [1]]);
});

test('with a wait, an idle worker starts when the batch is full or the first item has waited', () => {
  const { batches, clock, put, finish } = setUp({ maxWaitMs: 10 });
  put(0);
  clock.advance(6);
  put(1);
  assert.deepEqual(batches, []);
  clock.advance(4);
  assert.deepEqual(batches, [[0, 1]]);
  finish();
  for (let i = 2; i < 6; i += 1) put(i);
  assert.deepEqual(batches[1], [2, 3, 4, 5]);
  assert.equal(clock.timers, 0);
});

test('items that waited for a busy worker do not wait again', () => {
  const { batches, clock, put, finish } = setUp({ maxWaitMs: 10, maxBatch: 2 });
  put(0);
  put(1);
  put(2);
  clock.advance(11);
  finish();
  assert.deepEqual(batches, [[0, 1], [2]]);
});

test('a reserved place counts, and a full queue says when to come back', () => {
  const { batcher, put } = setUp({ maxQueue: 2 });
  put(0);
  const reserved = batcher.admit();
  put(1);
  assert.throws(
    () => batcher.admit(),
    (error) => {
      assert.ok(error instanceof SnapshelfError);
      assert.deepEqual([error.code, error.details], ['queue-full', { maxQueue: 2, retryAfterSeconds: 2 }]);
      return true;
    },
  );
  reserved.leave();
  reserved.submit(9);
  assert.equal(batcher.waiting, 1);
  assert.ok(batcher.admit());
});

test('an item that left is not dispatched, and its place is free', () => {
  const { batcher, batches, put, finish } = setUp({ maxQueue: 2 });
  put(0);
  const left = put(1);
  put(2);
  left.leave();
  left.leave();
  assert.equal(batcher.waiting, 1);
  finish();
  assert.deepEqual(batches, [[0], [2]]);
});

test('leaving during the wait lets the timer find nothing', () => {
  const { batches, clock, put } = setUp({ maxWaitMs: 5 });
  put(0).leave();
  clock.advance(5);
  assert.deepEqual(batches, []);
  assert.equal(clock.timers, 0);
});

type Step = { kind: 'put' | 'leave' | 'finish' | 'advance'; n: number };
const steps = fc.array(
  fc.record<Step>({ kind: fc.constantFrom('put', 'put', 'leave', 'finish', 'advance'), n: fc.nat(12) }),
  { maxLength: 80 },
);
const limits = fc.record({
  maxBatch: fc.integer({ min: 1, max: 5 }),
  maxWaitMs: fc.nat(8),
  maxQueue: fc.integer({ min: 1, max: 10 }),
  workers: fc.integer({ min: 1, max: 3 }),
});

test('whatever happens: bounded batches and queue, in order, every item once, none stranded', () => {
  fc.assert(
    fc.property(limits, steps, (options, moves) => {
      const { batcher, batches, clock, finish, put } = setUp(options);
      const places: Place<number>[] = [];
      const left = new Set<number>();
      let finished = 0;
      const running = (): number => batches.length - finished;
      for (const { kind, n } of moves) {
        const dispatched = new Set(batches.flat());
        if (kind === 'put' && batcher.waiting < options.maxQueue) places.push(put(places.length));
        if (kind === 'leave' && n < places.length) {
          places[n]?.leave();
          if (!dispatched.has(n)) left.add(n);
        }
        if (kind === 'finish' && running() > 0) {
          finished += 1;
          finish();
        }
        if (kind === 'advance') clock.advance(n);
        assert.ok(batcher.waiting <= options.maxQueue);
        assert.ok(running() <= options.workers);
      }
      while (batcher.waiting > 0 || running() > 0) {
        clock.advance(options.maxWaitMs);
        if (running() === 0) continue;
        finished += 1;
        finish();
      }
      assert.ok(batches.every((batch) => batch.length >= 1 && batch.length <= options.maxBatch));
      const expected = places.map((_, i) => i).filter((i) => !left.has(i));
      assert.deepEqual(batches.flat(), expected);
      assert.equal(clock.timers, 0);
    }),
  );
});
