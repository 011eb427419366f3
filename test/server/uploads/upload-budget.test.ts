import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { SnapshelfError } from '../../../src/errors.ts';
import { Callers } from '../../../src/server/access/callers.ts';
import { limitsOf } from '../../../src/server/parsing/limits.ts';
import { meterOf, UploadBudget } from '../../../src/server/uploads/upload-budget.ts';

beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
afterEach(() => mock.timers.reset());

/** A budget of 300 bytes for writes and 100 for searches, half of which a client may have. */
function setUp() {
  const budget = new UploadBudget(
    limitsOf({ bytesInFlight: 400, clientPercent: 50 }),
    new Callers(undefined),
  );
  const begin = (ip: string, announced: number, isSearch = false) => {
    const socket = Object.assign(new EventEmitter(), { destroyed: false });
    const headers = { 'content-length': String(announced) };
    const request = { ip, headers, socket } as unknown as Request;
    const response = Object.assign(new EventEmitter(), { req: request, closed: false });
    budget.admit(1000, isSearch)(request, response as unknown as Response, () => {});
    return { meter: meterOf(request), end: () => response.emit('close') };
  };
  return begin;
}

const codeOf = (problem: SnapshelfError | undefined) => problem?.code;

test('what is announced takes no room; what has arrived does, until the answer', () => {
  const begin = setUp();
  for (let i = 0; i < 20; i += 1) begin('192.0.2.1', 120);
  const first = begin('192.0.2.2', 120);
  assert.equal(first.meter.add(120), undefined);
  assert.throws(() => begin('192.0.2.2', 120), { code: 'queue-full' });
  const others = ['192.0.2.3', '192.0.2.4'].map((ip) => begin(ip, 100));
  assert.deepEqual(
    others.map(({ meter }) => codeOf(meter.add(100))),
    [undefined, 'queue-full'],
  );
  assert.equal(codeOf(begin('192.0.2.5', 60, true).meter.add(60)), undefined);
  first.end();
  assert.equal(others[1]?.meter.add(100), undefined);
});

test('a client has its share, and a body that is alone has room', () => {
  const begin = setUp();
  const { meter, end } = begin('192.0.2.1', 900);
  assert.equal(meter.add(900), undefined);
  assert.throws(() => begin('192.0.2.2', 1), { code: 'queue-full' });
  end();
  const one = begin('192.0.2.1', 100).meter;
  const another = begin('192.0.2.1', 40).meter;
  assert.equal(one.add(100), undefined);
  assert.equal(another.add(40), undefined);
  assert.equal(codeOf(another.add(20)), 'queue-full');
});

test('a body that brings too little in 5 s is given up, and one that brings enough is not', async () => {
  const begin = setUp();
  const slow: string[] = [];
  const fast = begin('192.0.2.1', 0).meter;
  fast.watch(() => slow.push('fast'));
  begin('192.0.2.2', 0).meter.watch(({ code }) => slow.push(code));
  const done = begin('192.0.2.3', 0).meter;
  done.watch(() => slow.push('done'));
  done.stop();
  // Alone in its part, so that there is room.
  fast.add(5120);
  mock.timers.tick(5000);
  await setImmediate();
  assert.deepEqual(slow, ['body-too-slow']);
});
