import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Throughput } from '../../src/embed/throughput.ts';

test('estimates whole seconds, 1 at least, following the speed of late', () => {
  const throughput = new Throughput();
  assert.equal(throughput.secondsFor(1000), 1);
  throughput.record(8, 400);
  assert.equal(throughput.secondsFor(1), 1);
  assert.equal(throughput.secondsFor(100), 5);
  for (let i = 0; i < 50; i += 1) throughput.record(8, 8);
  assert.equal(throughput.secondsFor(10_000), 11);
});
