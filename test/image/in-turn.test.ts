import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTurn } from '../../src/image/in-turn.ts';

test('a timer that is due comes between pieces of work, however many wait', async () => {
  const order: string[] = [];
  const busy = (name: string) => () => {
    for (const start = performance.now(); performance.now() - start < 3; );
    order.push(name);
  };
  setTimeout(() => order.push('timer'), 4);
  await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => inTurn(busy(name))));
  assert.deepEqual(
    order.filter((name) => name !== 'timer'),
    ['a', 'b', 'c', 'd', 'e', 'f'],
  );
  assert.ok(order.indexOf('timer') <= 3, order.join());
});

test('work that fails lets the next come', async () => {
  await assert.rejects(
    inTurn(() => {
      throw new RangeError('no');
    }),
    /no/,
  );
  assert.equal(await inTurn(() => 5), 5);
});
