import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Request } from 'express';
import request from 'supertest';
import { Callers } from '../../../src/server/access/callers.ts';
import { networkOf } from '../../../src/server/access/clients.ts';
import { RateLimiter } from '../../../src/server/access/rate-limits.ts';
import { rateLimitsOf } from '../../../src/server/access/rates.ts';
import { createApp } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
before(async () => {
  api = await openApi();
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'one', image: await stripes(10, 5) }]);
});
after(() => api.close());

test('one client is one IPv4 address, or one IPv6 network of 64 bits', () => {
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1');
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1');
  const same = [
    '2001:db8:1:2::1',
    '2001:db8:1:2:ffff:ffff:ffff:ffff',
    '2001:DB8:01:2:0::',
    '2001:db8:1:2::1%eth0',
  ];
  for (const address of same) assert.equal(networkOf(address), '2001:db8:1:2::/64', address);
  assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(networkOf('fe80::1'), 'fe80:0:0:0::/64');
});

/** Sends a request to a limiter. Returns what it has set, and the error. */
function ask(limiter: RateLimiter, ip: string, path = '/v1') {
  const headers: Record<string, string> = {};
  const response = { set: (name: string, value: string) => void Object.assign(headers, { [name]: value }) };
  let error: unknown;
  try {
    limiter.admit()({ ip, path, headers: {} } as Request, response as never, () => {});
  } catch (thrown) {
    error = thrown;
  }
  return { headers, error: error as { readonly code: string; readonly details: object } | undefined };
}

test('a bucket is spent and fills evenly; the headers say how far it is', () => {
  let now = 0;
  const limiter = new RateLimiter(rateLimitsOf({ addressPerMinute: 60 }), new Callers(undefined), () => now);
  for (let left = 59; left >= 0; left--) {
    const { headers, error } = ask(limiter, '192.0.2.1');
    assert.equal(error, undefined);
    assert.equal(headers['RateLimit-Policy'], '"address";q=60;w=60');
    assert.match(headers['RateLimit'] ?? '', new RegExp(`^"address";r=${left};t=1$`));
  }
  const { error } = ask(limiter, '192.0.2.1');
  assert.equal(error?.code, 'rate-limited');
  assert.deepEqual(error?.details, { retryAfterSeconds: 1, unitsPerMinute: 60 });
  assert.equal(ask(limiter, '192.0.2.2').error, undefined);
  assert.equal(ask(limiter, '127.0.0.1').error, undefined);
  assert.equal(ask(limiter, '192.0.2.1', '/health/live').error, undefined);
  now = 1000;
  assert.equal(ask(limiter, '192.0.2.1').error, undefined);
  assert.equal(ask(limiter, '192.0.2.1').error?.code, 'rate-limited');
  // What a request holds beyond what it was admitted for is missing later, a minute's worth at most.
  limiter.charge({ ip: '192.0.2.1', headers: {} } as Request, 1e9);
  now = 61_000;
  assert.equal(ask(limiter, '192.0.2.1').error?.code, 'rate-limited');
  now = 63_000;
  assert.equal(ask(limiter, '192.0.2.1').error, undefined);
});

test('many addresses take bounded memory; 0 sets no limit; a limit that there is not is refused', () => {
  const limiter = new RateLimiter(rateLimitsOf(), new Callers(undefined));
  for (let i = 0; i < 30_000; i++)
    ask(limiter, `2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::1`);
  assert.equal(limiter.clients, 10_000);
  const open = new RateLimiter(rateLimitsOf({ addressPerMinute: 0 }), new Callers(undefined));
  assert.deepEqual(ask(open, '192.0.2.1').headers, {});
  assert.equal(open.clients, 0);
  assert.throws(() => rateLimitsOf({ addressPerMinute: -1 }), RangeError);
  assert.throws(() => rateLimitsOf({ perHour: 1 } as never), RangeError);
});

test('an application limits each client, behind proxies by what the believed ones say', async () => {
  const { retriever } = api;
  const app = createApp({ retriever, allow: 'admin', rateLimits: { addressPerMinute: 4 }, trustProxy: 1 });
  const from = (address: string) => request(app).get('/v1/collections').set('X-Forwarded-For', address);
  for (const left of [3, 2, 1, 0]) {
    const answer = await from('203.0.113.9, 192.0.2.1');
    assert.equal(answer.status, 200);
    assert.match(answer.headers['ratelimit'] ?? '', new RegExp(`r=${left};`));
  }
  const refused = await from('203.0.113.77, 192.0.2.1');
  assertProblem(refused, 429, 'rate-limited');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  assert.equal((await from('192.0.2.2')).status, 200);
  assert.throws(() => createApp({ retriever, trustProxy: -1 }), RangeError);
  assert.throws(() => createApp({ retriever, trustProxy: true as unknown as number }), RangeError);
  // Nobody is believed unless the operator says so.
  const plain = createApp({ retriever, allow: 'admin', rateLimits: { localPerMinute: 1 } });
  const statusFrom = async (address: string) =>
    (await request(plain).get('/v1/collections').set('X-Forwarded-For', address)).status;
  assert.deepEqual([await statusFrom('192.0.2.1'), await statusFrom('192.0.2.2')], [200, 429]);
});

test('pictures cost by their number', async () => {
  const { retriever } = api;
  const app = createApp({ retriever, allow: 'admin', rateLimits: { localPerMinute: 10 } });
  const image = await stripes(10, 5);
  const batch = request(app).post('/v1/collections/shop/items/batch');
  for (let i = 0; i < 5; i++) batch.attach('images', image, `${i}.png`);
  assert.equal((await batch).status, 200);
  const left = /r=(\d+)/.exec((await request(app).get('/v1/collections')).headers['ratelimit'] ?? '')?.[1];
  // Without the four further pictures it would be 8.
  assert.ok(Number(left) <= 6, left);
});
