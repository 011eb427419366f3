import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scheduleOf } from '../../src/optim/index.ts';

test('warm-up under a cosine, by hand', () => {
  const factor = scheduleOf({ kind: 'cosine', warmup: 100, floor: 0 });
  assert.equal(factor(0, 1000), 0.01);
  assert.equal(factor(49, 1000), 0.5);
  // (1 + cos(pi / 2)) / 2
  assert.ok(Math.abs(factor(500, 1000) - 0.5) < 1e-12);
  assert.ok(Math.abs(factor(750, 1000) - (1 - Math.SQRT1_2) / 2) < 1e-12);
});

test('a cosine never leaves its floor and 1, and falls after the warm-up', () => {
  const settings = fc.record({ warmup: fc.nat(200), floor: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(settings, fc.integer({ min: 1, max: 5000 }), fc.nat(4999), ({ warmup, floor }, total, at) => {
      const factor = scheduleOf({ kind: 'cosine', warmup, floor });
      const step = at % total;
      assert.ok(factor(step, total) <= 1);
      if (step + 1 < warmup) return;
      assert.ok(factor(step, total) >= floor - 1e-12);
      if (step + 1 < total) assert.ok(factor(step + 1, total) <= factor(step, total) + 1e-12);
    }),
  );
});

test('steps and a constant', () => {
  const factor = scheduleOf({ kind: 'step', every: 0.25, gamma: 0.1 });
  const factors = [0, 24, 25, 50, 99].map((step) => factor(step, 100).toFixed(4));
  assert.deepEqual(factors, ['1.0000', '1.0000', '0.1000', '0.0100', '0.0010']);
  assert.equal(scheduleOf({ kind: 'constant' })(7, 10), 1);
});
