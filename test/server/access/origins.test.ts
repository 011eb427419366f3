// slow: takes seconds
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { type App, createApp, Evaluations } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
let evaluations: Evaluations;
let app: App;
let picture: Buffer;
const shop = '/v1/collections/shop';
const friend = 'https://friend.example';

before(async () => {
  api = await openApi();
  picture = await stripes(10, 5);
  // No evaluation is to run: what is refused must not even be accepted.
  evaluations = await Evaluations.open(join(api.folder, 'data'), { maxQueue: 0 });
  app = createApp({ retriever: api.retriever, evaluations, allow: 'admin', corsOrigins: [friend] });
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'one', image: picture }]);
});
after(async () => {
  await evaluations.close();
  await api.close();
});

type Headers = Readonly<Record<string, string>>;

/** Headers that no page of the application's own origin sends (its host is `api.example`). */
const foreign: readonly Headers[] = [
  { Origin: 'https://evil.example' },
  { Origin: 'http://evil.example' },
  { Origin: 'null' },
  { Origin: '' },
  { Origin: '*' },
  { Origin: 'api.example' },
  { Origin: 'https://api.example:8443' },
  { Origin: 'http://api.example:81' },
  { Origin: 'https://api.example.evil.example' },
  { Origin: 'https://evil-api.example' },
  { Origin: 'https://api.example/' },
  { Origin: 'https://api.example@evil.example' },
  { Origin: 'ftp://api.example' },
  { Origin: 'chrome-extension://api.example' },
  { Origin: 'https://api.example, https://evil.example' },
  { Origin: 'https://api.example https://evil.example' },
  { Origin: 'https://friend.example.evil.example' },
  { Origin: 'http://friend.example' },
  { Origin: 'https://friend.example:444' },
  { Origin: 'https://FRIEND.example' },
  { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
  { Origin: 'https://evil.example', 'X-Forwarded-Host': 'evil.example' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { 'Sec-Fetch-Site': 'Same-Origin' },
  { 'Sec-Fetch-Site': '' },
  { 'Sec-Fetch-Site': 'same-origin, cross-site' },
  { Origin: 'https://api.example', 'Sec-Fetch-Site': 'cross-site' },
  { Origin: 'https://api.example', 'Sec-Fetch-Site': 'same-site' },
];

const own: readonly Headers[] = [
  {},
  { Origin: 'https://api.example' },
  { Origin: 'http://api.example' },
  { Origin: 'https://api.example', 'Sec-Fetch-Site': 'same-origin' },
  { 'Sec-Fetch-Site': 'none' },
  { Origin: friend },
  { Origin: friend, 'Sec-Fetch-Site': 'cross-site' },
  { Origin: friend, 'Sec-Fetch-Site': 'same-site' },
];

/** Every request that changes something, as a page could send it, and the status when nothing forbids it. */
const changes: readonly (readonly [string, (to: App) => request.Test, number])[] = [
  ['PUT a collection', (to) => request(to).put('/v1/collections/made'), 201],
  ['DELETE a collection', (to) => request(to).delete('/v1/collections/made'), 204],
  ['PUT an item', (to) => request(to).put(`${shop}/items/two`).attach('image', picture, 'a'), 201],
  ['DELETE an item', (to) => request(to).delete(`${shop}/items/two`), 204],
  ['POST a batch', (to) => request(to).post(`${shop}/items/batch`).attach('images', picture, 'b'), 200],
  ['POST a re-index without a body', (to) => request(to).post(`${shop}/reindex`), 202],
  ['DELETE a re-index', (to) => request(to).delete(`${shop}/reindex`), 200],
  ['POST an evaluation', (to) => request(to).post(`${shop}/evaluations`).send({}), 503],
  ['DELETE an evaluation', (to) => request(to).delete(`${shop}/evaluations/none`), 404],
];

const send = (make: (to: App) => request.Test, headers: Headers, host = 'api.example', to = app) =>
  make(to).set('Host', host).set(headers);

test('pages of foreign origins change nothing', async () => {
  const kept = async () =>
    (await api.retriever.gallery.collections()).map((info) => ({ ...info, memory: undefined }));
  const before = await kept();
  for (const [, make] of changes)
    for (const headers of foreign) assertProblem(await send(make, headers), 403, 'origin-not-allowed');
  assert.deepEqual(await kept(), before, 'nothing was changed');
  assertProblem(await request(app).get(`${shop}/reindex`), 404, 'item-not-found');
});

test('the own origin, listed ones, and what is no page at all change what they ask for', async () => {
  for (const headers of own)
    for (const [name, make, status] of changes) {
      const answer = await send(make, headers);
      assert.equal(answer.status, status, `${name} ${JSON.stringify(headers)}: ${answer.text}`);
    }
});

test('what only reads is answered to any page, which cannot read the answer unless it is listed', async () => {
  const reads: readonly ((to: App) => request.Test)[] = [
    (to) => request(to).post(`${shop}/search`).attach('image', picture, 'q'),
    (to) => request(to).post('/v1/embeddings').attach('image', picture, 'q'),
    (to) => request(to).get(shop),
    (to) => request(to).get('/metrics'),
    (to) => request(to).head('/'),
  ];
  for (const make of reads)
    for (const headers of foreign) {
      const answer = await send(make, headers);
      assert.equal(answer.status, 200, JSON.stringify(headers));
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
    }
});

test('ports and literal addresses count', async () => {
  const put = (host: string, origin: string) =>
    send((to) => request(to).delete(`${shop}/items/none`), { Origin: origin }, host);
  assert.equal((await put('127.0.0.1:3000', 'http://127.0.0.1:3000')).status, 404);
  assert.equal((await put('[::1]:3000', 'http://[::1]:3000')).status, 404);
  assert.equal((await put('API.example:443', 'https://api.example')).status, 404);
  assert.equal((await put('localhost:3000', 'http://127.0.0.1:3000')).status, 403);
  assert.equal((await put('localhost:3000', 'http://localhost:5173')).status, 403);
  assert.equal((await put('api.example:443', 'http://api.example')).status, 403);
});

test('behind a proxy the host application says whom to believe', async () => {
  const headers = { Origin: 'https://www.example', 'X-Forwarded-Host': 'www.example' };
  const ask = (to: App) =>
    request(to).delete(`/find${shop}/items/none`).set('Host', 'internal:3000').set(headers);
  const mount = () => createApp({ retriever: api.retriever, allow: 'write' });
  assertProblem(await ask(express().use('/find', mount())), 403, 'origin-not-allowed');
  const trusting = express().set('trust proxy', 1).use('/find', mount());
  assertProblem(await ask(trusting), 404, 'item-not-found');
  const inRouter = mount().set('trust proxy', 1);
  assertProblem(await ask(express().use(express.Router().use('/find', inRouter))), 404, 'item-not-found');
});

test('text that is JSON is not taken for JSON, whatever it is called', async () => {
  const types = [
    'text/plain',
    'text/plain; charset=utf-8',
    'text/plain;application/json',
    'text/plain; x=application/json',
    'text/plain, application/json',
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; application/json',
    'text/json',
    'application/json-patch',
    'multipart/mixed; boundary=x',
    '',
    '*/*',
  ];
  const routes = [
    ['put', '/v1/collections/made'],
    ['put', `${shop}/items/two`],
    ['post', `${shop}/items/batch`],
    ['post', `${shop}/search`],
    ['post', '/v1/embeddings'],
    ['post', `${shop}/reindex`],
    ['post', `${shop}/evaluations`],
  ] as const;
  const body = JSON.stringify({ image: picture.toString('base64'), metric: 'l2' });
  for (const [method, path] of routes)
    for (const type of types) {
      const answer = await request(app)[method](path).set('Content-Type', type).send(body);
      assert.equal(answer.status, 415, `${method} ${path} as ${JSON.stringify(type)}: ${answer.text}`);
      assertProblem(answer, 415, 'media-type-unsupported');
    }
  assertProblem(await request(app).get('/v1/collections/made'), 404, 'collection-not-found');
});
