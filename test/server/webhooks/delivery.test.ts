import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterTry,
  again,
  type Delivery,
  dueIn,
  newDelivery,
  type Outcome,
} from '../../../src/server/webhooks/delivery.ts';

const now = Date.parse('2031-05-01T10:00:00Z');
const event = {
  type: 'webhook.test',
  timestamp: '2031-05-01T10:00:00Z',
  data: { collection: null },
} as const;
const fresh = (): Delivery => newDelivery({ message: 'msg_1', event, now }, '0f3a5c7e9b1d');
const outcome = (status: number | null, retryAfter?: string): Outcome => ({
  at: now,
  ms: 0,
  status,
  error: status === null ? 'The receiver cannot be reached.' : null,
  retryAfter,
});
const waitOf = ({ nextAt }: Delivery): number => Date.parse(nextAt ?? '') - now;

test('one event to one webhook is one delivery, however often it is made', () => {
  assert.equal(fresh().id, fresh().id);
  assert.notEqual(fresh().id, newDelivery({ message: 'msg_2', event, now }, '0f3a5c7e9b1d').id);
  assert.notEqual(fresh().id, newDelivery({ message: 'msg_1', event, now }, '0f3a5c7e9b1e').id);
});

test('a try that fails is followed by another, later each time, and after 8 none is', () => {
  let delivery = fresh();
  const waits: number[] = [];
  for (let tries = 1; tries < 8; tries += 1) {
    delivery = afterTry(delivery, outcome(tries % 2 === 0 ? 500 : null), () => 0);
    assert.equal(delivery.state, 'pending');
    waits.push(waitOf(delivery) / 1000);
  }
  assert.deepEqual(waits, [5, 300, 1800, 7200, 18_000, 36_000, 36_000]);
  assert.equal(waitOf(afterTry(fresh(), outcome(302), () => 0.5)), 5500, 'a redirect is no success');
  delivery = afterTry(delivery, outcome(404), () => 0);
  assert.deepEqual([delivery.state, delivery.nextAt, delivery.tries], ['failed', null, 8]);
  assert.equal(delivery.why, 'It was tried 8 times.');
  assert.equal(delivery.attempts.length, 8);
  assert.deepEqual([again(delivery, now).state, again(delivery, now).tries], ['pending', 0]);
});

test('a receiver that is gone or has answered is tried no more; one that asks for time gets it, within a day', () => {
  assert.equal(afterTry(fresh(), outcome(410), () => 0).state, 'failed');
  assert.equal(afterTry(fresh(), outcome(204), () => 0).state, 'delivered');
  assert.equal(waitOf(afterTry(fresh(), outcome(503, '60'), () => 0)), 60_000);
  assert.equal(waitOf(afterTry(fresh(), outcome(429, 'Thu, 01 May 2031 10:01:00 GMT'), () => 0)), 60_000);
  assert.equal(waitOf(afterTry(fresh(), outcome(503, '99999999'), () => 0)), 86_400_000);
  assert.equal(waitOf(afterTry(fresh(), outcome(503, 'soon'), () => 0)), 5000);
});

test('a clock that was set back puts nothing off for longer than a day', () => {
  const failed = afterTry(fresh(), outcome(500), () => 0);
  assert.equal(dueIn(failed, now), 5000);
  assert.equal(dueIn(failed, now - 10 * 86_400_000), 86_400_000);
  assert.ok(dueIn(fresh(), now - 10 * 86_400_000) <= 0, 'the first try waits for nothing');
});
