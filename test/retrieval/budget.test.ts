import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { Budget } from '../../src/retrieval/budget.ts';

test('whatever the amounts, the sum under way stays within the budget and everything gets its turn', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(150), { maxLength: 30 }), async (amounts) => {
      const budget = new Budget(100);
      let [used, most] = [0, 0];
      const work =
        (amount: number): (() => Promise<void>) =>
        async () => {
          used += Math.min(amount, 100);
          most = Math.max(most, used);
          await setImmediate();
          used -= Math.min(amount, 100);
        };
      await Promise.all(amounts.map((amount) => budget.run(amount, work(amount))));
      assert.ok(most <= 100, `${most}`);
    }),
    { numRuns: 50 },
  );
});

test('who gives up while waiting leaves the queue to the others', async () => {
  const budget = new Budget(1);
  const order: string[] = [];
  const first = budget.run(1, () => setImmediate().then(() => void order.push('first')));
  const abort = new AbortController();
  const second = budget.run(1, async () => void order.push('second'), abort.signal);
  const third = budget.run(1, async () => void order.push('third'));
  abort.abort(new Error('enough'));
  await assert.rejects(second, /enough/);
  await Promise.all([first, third]);
  assert.deepEqual(order, ['first', 'third']);
});

test('a failure gives its share back', async () => {
  const budget = new Budget(1);
  await assert.rejects(
    budget.run(1, () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await budget.run(1, async () => 5), 5);
});
