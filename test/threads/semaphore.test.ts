import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { type Priority, Semaphore } from '../../src/threads/index.ts';

interface Job {
  readonly weight: number;
  readonly priority: Priority;
  /** Turns of the event loop. */
  readonly takes: number;
  readonly fails: boolean;
  /** The turn in which its signal aborts. */
  readonly abortsAt: number | undefined;
}

const job: fc.Arbitrary<Job> = fc.record({
  weight: fc.integer({ min: 0, max: 12 }),
  priority: fc.constantFrom('foreground', 'background'),
  takes: fc.integer({ min: 0, max: 4 }),
  fails: fc.boolean(),
  abortsAt: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
});

test('never more weight than the capacity at a time, in order within a priority, and everything ends', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.array(job, { maxLength: 25 }),
      async (capacity, jobs) => {
        const semaphore = new Semaphore(capacity);
        const started: number[] = [];
        let used = 0;
        const outcomes = jobs.map(async ({ weight, priority, takes, fails, abortsAt }, index) => {
          const controller = new AbortController();
          const aborting = async (at: number): Promise<void> => {
            for (let passed = 0; passed < at; passed += 1) await turn();
            controller.abort(new Error('aborted'));
          };
          const aborted = abortsAt === undefined ? undefined : aborting(abortsAt);
          const work = async (): Promise<number> => {
            started.push(index);
            used += Math.min(weight, capacity);
            assert.ok(used <= capacity);
            for (let passed = 0; passed < takes; passed += 1) await turn();
            used -= Math.min(weight, capacity);
            if (fails) throw new RangeError('failed');
            return index;
          };
          const options = { signal: controller.signal, priority };
          const outcome = await semaphore.run(weight, work, options).catch((error: Error) => error.message);
          await aborted;
          assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
          return outcome;
        });
        for (const [index, outcome] of (await Promise.all(outcomes)).entries()) {
          const { fails, abortsAt } = jobs[index] as Job;
          const expected = fails ? 'failed' : index;
          if (started.includes(index)) assert.equal(outcome, expected);
          else assert.ok(outcome === 'aborted' && abortsAt !== undefined);
        }
        assert.deepEqual([used, semaphore.waiting], [0, 0]);
        for (const priority of ['foreground', 'background']) {
          const order = started.filter((index) => jobs[index]?.priority === priority);
          assert.deepEqual(
            order,
            order.toSorted((a, b) => a - b),
          );
        }
      },
    ),
    { numRuns: 200 },
  ));

test('the background lets all others pass', async () => {
  const semaphore = new Semaphore(1);
  const started: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    started.push(name);
    await turn();
  };
  const bulk = ['a', 'b', 'c'].map((name) => semaphore.run(1, work(name), { priority: 'background' }));
  const urgent = ['x', 'y'].map((name) => semaphore.run(1, work(name)));
  await Promise.all([...bulk, ...urgent]);
  assert.deepEqual(started, ['a', 'x', 'y', 'b', 'c']);
});

test('a capacity must be above 0', () => {
  assert.throws(() => new Semaphore(0), {
    name: 'RangeError',
    message: 'capacity must be a number above 0, not 0.',
  });
});
