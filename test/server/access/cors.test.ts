// slow: takes seconds
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import request, { type Response } from 'supertest';
import { Origins } from '../../../src/server/access/origins.ts';
import { type App, checkOrigin, createApp } from '../../../src/server/index.ts';
import { startingApp } from '../../../src/server/startup/starting-app.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
let app: App;
let closed: App;
const shop = '/v1/collections/shop';
const friend = 'https://friend.example';
const other = 'http://localhost:5173';
const foreign = ['https://evil.example', 'null', 'http://friend.example', `${friend}.evil.example`, '*', ''];

before(async () => {
  api = await openApi();
  app = createApp({ retriever: api.retriever, allow: 'write', corsOrigins: [friend, other] });
  closed = createApp({ retriever: api.retriever, allow: 'write' });
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'one', image: await stripes(10, 5) }]);
});
after(() => api.close());

/** The headers by which answers vary, besides what their form depends on. */
const vary = ({ headers }: Response): string[] =>
  (headers['vary'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => !['', 'accept', 'accept-encoding'].includes(name))
    .sort();

/** Asserts that a page of an origin may read an answer, or that no page may where it is undefined. */
function assertReadable(answer: Response, origin: string | undefined): void {
  const { headers } = answer;
  assert.equal(headers['access-control-allow-origin'], origin);
  assert.equal(headers['access-control-allow-credentials'], undefined);
  assert.ok(vary(answer).includes('origin'), headers['vary']);
}

test('a preflight of a listed origin is answered, wherever it goes and before anything is looked up', async () => {
  for (const origin of [friend, other])
    for (const path of [`${shop}/items/two`, '/v1/collections/none/items/x', '/metrics', '/nowhere']) {
      const answer = await request(app).options(path).set({
        Origin: origin,
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'content-type,x-request-id',
      });
      assert.equal(answer.status, 204, path);
      assertReadable(answer, origin);
      assert.match(answer.headers['access-control-allow-methods'] ?? '', /GET,HEAD,PUT,POST,PATCH,DELETE/);
      assert.equal(answer.headers['access-control-allow-headers'], 'content-type,x-request-id');
      assert.equal(answer.headers['access-control-max-age'], '600');
    }
});

test('a preflight of any other origin allows nothing', async () => {
  for (const to of [app, closed])
    for (const origin of to === app ? foreign : [...foreign, friend]) {
      const answer = await request(to)
        .options(`${shop}/items/two`)
        .set({ Origin: origin, 'Access-Control-Request-Method': 'DELETE' });
      assertProblem(answer, 405, 'method-not-allowed');
      for (const header of Object.keys(answer.headers)) assert.doesNotMatch(header, /^access-control/);
    }
});

test('answers and problems can be read by pages of listed origins, and by no others', async () => {
  const requests: readonly (readonly [number, (to: App) => request.Test])[] = [
    [200, (to) => request(to).get(shop)],
    [200, (to) => request(to).get('/')],
    [200, (to) => request(to).get('/health/ready')],
    [200, (to) => request(to).post(`${shop}/search`).send({ itemId: 'one' })],
    [404, (to) => request(to).get('/nowhere')],
    [404, (to) => request(to).get(`${shop}/items/none`)],
    [405, (to) => request(to).patch(shop)],
    [403, (to) => request(to).get('/v1/backup')],
    [415, (to) => request(to).post(`${shop}/search`).type('text/plain').send('{}')],
    [400, (to) => request(to).get(`${shop}/items/%ff`)],
  ];
  for (const [status, make] of requests) {
    const answer = await make(app).set('Origin', friend);
    assert.equal(answer.status, status, answer.text);
    assertReadable(answer, friend);
    const exposed = (answer.headers['access-control-expose-headers'] ?? '').split(',');
    for (const header of ['X-Request-Id', 'Retry-After', 'Location', 'ETag', 'Allow'])
      assert.ok(exposed.includes(header), header);
    for (const origin of foreign) assertReadable(await make(app).set('Origin', origin), undefined);
    assertReadable(await make(app), undefined);
    const unlisted = await make(closed).set('Origin', friend);
    assert.equal(unlisted.headers['access-control-allow-origin'], undefined);
    assert.deepEqual(vary(unlisted), []);
  }
});

test('an answer that did not change is readable too', async () => {
  const picture = `${shop}/items/one/image`;
  const { headers } = await request(app).get(picture).set('Origin', friend);
  const again = await request(app)
    .get(picture)
    .set({ Origin: friend, 'If-None-Match': headers['etag'] ?? '' });
  assert.equal(again.status, 304);
  assertReadable(again, friend);
});

test('while the gallery is being loaded, pages of listed origins can read that', async () => {
  const silent = () => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const starting = startingApp({ log, writeTimeoutMs: 1000, requestTimeoutMs: 1000 }, new Origins([friend]));
  const answer = await request(starting).get('/v1/collections').set('Origin', friend);
  assertProblem(answer, 503, 'not-ready');
  assert.equal(answer.headers['retry-after'], '1');
  assertReadable(answer, friend);
  assertReadable(await request(starting).get('/').set('Origin', 'https://evil.example'), undefined);
});

type Headers = Readonly<Record<string, string>>;

test('pictures can be shown by pages of listed origins, and by no others', async () => {
  const shown: readonly Headers[] = [
    { Origin: friend },
    { Referer: `${friend}/` },
    { Referer: `${friend}/products?q=1#x` },
    { Referer: `${other}/a` },
    { Origin: friend, Referer: 'https://evil.example/' },
  ];
  const hidden: readonly Headers[] = [
    {},
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'https://evil.example', Referer: `${friend}/` },
    { Origin: 'null', Referer: `${friend}/` },
    { Referer: 'https://evil.example/' },
    { Referer: `https://evil.example/${friend}` },
    { Referer: `${friend}.evil.example/` },
    { Referer: `${friend}@evil.example/` },
    { Referer: `http://friend.example/` },
    { Referer: `${friend}:444/` },
    { Referer: '' },
    { Referer: 'friend.example' },
    { Referer: `blob:${friend}/3f0c1b1e` },
    { Referer: 'about:blank' },
  ];
  for (const kind of ['image', 'thumbnail']) {
    const path = `${shop}/items/one/${kind}`;
    const etag = (await request(app).get(path)).headers['etag'] ?? '';
    for (const [cases, policy] of [
      [shown, 'cross-origin'],
      [hidden, 'same-origin'],
    ] as const)
      for (const headers of cases)
        for (const [status, more] of [
          [200, {}],
          [304, { 'If-None-Match': etag }],
        ] as const) {
          const answer = await request(app).get(path).set(headers).set(more);
          const name = `${path} ${JSON.stringify(headers)}`;
          assert.equal(answer.status, status, name);
          assert.equal(answer.headers['cross-origin-resource-policy'], policy, name);
          assert.deepEqual(vary(answer), ['origin', 'referer'], name);
        }
  }
});

test('without a list no picture can be shown elsewhere, and nothing else ever', async () => {
  const picture = await request(closed).get(`${shop}/items/one/image`).set('Referer', `${friend}/`);
  assert.equal(picture.headers['cross-origin-resource-policy'], 'same-origin');
  assert.deepEqual(vary(picture), []);
  const json = await request(app)
    .get(shop)
    .set({ Origin: friend, Referer: `${friend}/` });
  assert.equal(json.headers['cross-origin-resource-policy'], 'same-origin');
});

test('only exact origins can be listed', () => {
  for (const origin of [friend, other, 'http://[::1]:3000', 'https://xn--bcher-kva.example'])
    assert.equal(checkOrigin(origin), origin);
  const wrong = ['*', 'null', '', 'https://', 'friend.example', `${friend}/`, `${friend}/path`, `${friend}?`];
  const more = [
    'HTTPS://friend.example',
    'https://friend.example:443',
    'ftp://a',
    'https://u@a',
    'https://*.a',
  ];
  for (const origin of [...wrong, ...more, 'file:///a', 'data:,', 'https://bücher.example', ` ${friend}`])
    assert.throws(() => createApp({ retriever: api.retriever, corsOrigins: [origin] }), TypeError, origin);
  assert.throws(() => checkOrigin(`${friend}/path`), {
    message: /You may mean https:\/\/friend\.example\.$/,
  });
});
