import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  AnswerError,
  ClientError,
  ConnectionError,
  ProblemError,
  SnapshelfClient,
  TimeoutError,
} from '../../src/client/index.ts';

type Answer = () => Response | Promise<Response>;

const problem = (status: number, code: string, headers: Record<string, string> = {}): Answer => {
  const body = { type: '', title: '', status, code, detail: `It is ${code}.` };
  return () => Response.json(body, { status, headers: { 'X-Request-Id': 'r-1', ...headers } });
};
const good: Answer = () => Response.json({ items: [], next: null });
const away: Answer = () => Promise.reject(new TypeError('fetch failed'));

/** A client whose requests get the answers one after the other, and whose waits are over at once. */
function clientOf(t: TestContext, answers: readonly Answer[], options: { key?: () => string } = {}) {
  const sent: Request[] = [];
  const waits: number[] = [];
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const client = new SnapshelfClient('http://127.0.0.1/api', {
    ...options,
    onRetry: (_, ms) => {
      waits.push(ms);
      setImmediate(() => t.mock.timers.tick(ms));
    },
    fetch: async (url, init) => {
      sent.push(new Request(url, init));
      return (answers[sent.length - 1] ?? good)();
    },
  });
  return { client, sent, waits };
}

test('a busy server is asked again, later each time, and not before it wants to be', async (t) => {
  const busy = problem(503, 'queue-full');
  const { client, sent, waits } = clientOf(t, [
    busy,
    busy,
    problem(429, 'rate-limited', { 'Retry-After': '7' }),
  ]);
  await client.listItems('shop');
  assert.equal(sent.length, 4);
  const [first = 0, second = 0, third = 0] = waits;
  assert.ok(first >= 250 && first <= 500 && second >= 500 && second <= 1000, String(waits));
  assert.equal(third, 7000);
});

test('what would not help is not tried again', async (t) => {
  const date = 'Fri, 01 Jan 2100 00:00:00 GMT';
  for (const answer of [
    problem(404, 'item-not-found'),
    problem(503, 'gallery-damaged'),
    problem(429, 'rate-limited', { 'Retry-After': date }),
    problem(500, 'internal'),
  ]) {
    const { client, sent } = clientOf(t, [answer]);
    await assert.rejects(client.getItem('shop', 'mug'), (error) => {
      assert.ok(error instanceof ProblemError && error instanceof ClientError);
      assert.equal(error.requestId, 'r-1');
      return true;
    });
    assert.equal(sent.length, 1);
    t.mock.timers.reset();
  }
});

test('a lost connection is tried again where a second time does no harm', async (t) => {
  const repeatable = clientOf(t, [away]);
  await repeatable.client.putItem('shop', 'a/b', { image: 'AAAA' });
  assert.equal(repeatable.sent.length, 2);
  assert.equal(repeatable.sent[1]?.url, 'http://127.0.0.1/api/v1/collections/shop/items/a%2Fb');
  t.mock.timers.reset();
  const conditional = clientOf(t, [away]);
  await assert.rejects(
    conditional.client.updateItem('shop', 'a', { label: 'x' }, { ifMatch: '"tag"' }),
    (error) => error instanceof ConnectionError && error.code === 'unreachable',
  );
  assert.equal(conditional.sent.length, 1);
  assert.equal(conditional.sent[0]?.headers.get('If-Match'), '"tag"');
});

test('a job is started once, however often its request is sent', async (t) => {
  const { client, sent } = clientOf(t, [away, problem(503, 'not-ready')]);
  await client.startReindex('shop');
  const keys = sent.map(({ headers }) => headers.get('Idempotency-Key'));
  assert.match(keys[0] ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(keys, [keys[0], keys[0], keys[0]]);
});

test('each request has the key of its moment, and follows no redirection with it', async (t) => {
  let key = 'first';
  const { client, sent } = clientOf(t, [], { key: () => key });
  await client.getCollection('shop');
  key = '';
  await client.getCollection('shop');
  assert.deepEqual(
    sent.map(({ headers, redirect }) => [headers.get('X-Api-Key'), redirect]),
    [
      ['first', 'error'],
      [null, 'error'],
    ],
  );
});

test('a signal ends a call while it waits, with its own reason', async () => {
  const controller = new AbortController();
  const reason = new Error('The shopper is gone.');
  let sent = 0;
  const client = new SnapshelfClient('http://127.0.0.1', {
    onRetry: () => setImmediate(() => controller.abort(reason)),
    fetch: async () => {
      sent += 1;
      return problem(503, 'queue-full', { 'Retry-After': '30' })();
    },
  });
  await assert.rejects(client.search('shop', { itemId: 'a' }, { signal: controller.signal }), reason);
  assert.equal(sent, 1);
  await assert.rejects(client.getItem('shop', 'a', { signal: controller.signal }), reason);
});

test('a slow answer is a timeout, and what is none of Snapshelf says so', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const slow = new SnapshelfClient('http://127.0.0.1', {
    fetch: (_, init) => {
      setImmediate(() => t.mock.timers.tick(50));
      return new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
      );
    },
  });
  await assert.rejects(
    slow.listModels({ timeoutMs: 50 }),
    (error) => error instanceof TimeoutError && error.code === 'timeout',
  );
  t.mock.timers.reset();
  for (const body of ['<html>', '{"error":1}']) {
    const proxy = clientOf(t, [() => new Response(body, { status: 502 })]);
    await assert.rejects(
      proxy.client.listModels(),
      (error) => error instanceof AnswerError && error.code === 'answer-unreadable' && error.status === 502,
    );
    t.mock.timers.reset();
  }
  const page = clientOf(t, [() => new Response('<html>')]);
  await assert.rejects(page.client.listModels(), AnswerError);
});
