import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomNumbers } from '../../../src/random.ts';
import { ServiceTimes } from '../../../src/server/admission/service-times.ts';

test('the median of many times is right to 5 %, whatever they are', () => {
  const random = randomNumbers(1);
  for (const scale of [0.5, 20, 5000]) {
    const times = new ServiceTimes();
    const all = Array.from({ length: 1001 }, () => scale * (0.2 + random() ** 3));
    for (const ms of all) times.record(ms);
    const exact = all.sort((a, b) => a - b)[500] ?? 0;
    assert.ok(Math.abs(times.median() / exact - 1) < 0.05, `${times.median()} ${exact}`);
    assert.equal(times.count, 1001);
  }
});

test('the average follows what is measured', () => {
  const times = new ServiceTimes();
  assert.deepEqual([times.average, times.median()], [0, 0]);
  times.record(10);
  assert.equal(times.average, 10);
  for (let i = 0; i < 60; i += 1) times.record(100);
  assert.ok(times.average > 99);
});
