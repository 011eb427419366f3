// slow: takes seconds
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import express from 'express';
import request from 'supertest';
import type { GuardedRouter } from '../../../src/server/access/access.ts';
import { type App, createApp, Evaluations, type Level } from '../../../src/server/index.ts';
import { route } from '../../../src/server/routes/route.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

const levels = ['search', 'read', 'write', 'admin'] as const;

/** Who may what, written down once more: by path, then by method. 0 is everybody, 1 search, 2 read, 3 write, 4 admin. */
const rules: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '/': { GET: 0 },
  '/openapi.json': { GET: 0 },
  '/docs': { GET: 0 },
  '/health/live': { GET: 0 },
  '/health/ready': { GET: 0 },
  '/metrics': { GET: 2 },
  '/v1/backup': { GET: 4 },
  '/v1/problems': { GET: 4 },
  '/v1/models': { GET: 2 },
  '/v1/collections': { GET: 2 },
  '/v1/collections/:collection': { GET: 2, PUT: 4, DELETE: 4 },
  '/v1/collections/:collection/items': { GET: 2, PATCH: 3 },
  '/v1/collections/:collection/imports': { POST: 3 },
  '/v1/collections/:collection/items/batch': { POST: 3, GET: 2, PUT: 3, PATCH: 3, DELETE: 3 },
  '/v1/collections/:collection/items/vectors': { POST: 3, GET: 2, PUT: 3, PATCH: 3, DELETE: 3 },
  '/v1/collections/:collection/items/delete': { POST: 3, GET: 2, PUT: 3, PATCH: 3, DELETE: 3 },
  '/v1/collections/:collection/items/:id': { GET: 2, PUT: 3, PATCH: 3, DELETE: 3 },
  '/v1/collections/:collection/items/:id/image': { GET: 1 },
  '/v1/collections/:collection/items/:id/thumbnail': { GET: 1 },
  '/v1/collections/:collection/facets': { POST: 1 },
  '/v1/collections/:collection/search': { POST: 1 },
  '/v1/collections/:collection/search/batch': { POST: 1 },
  '/v1/collections/:collection/search/explain': { POST: 1 },
  '/v1/collections/:collection/items/:id/duplicates': { GET: 2 },
  '/v1/collections/:collection/duplicates': { GET: 2, POST: 3, DELETE: 3 },
  '/v1/collections/:collection/calibration': { GET: 2, POST: 3, DELETE: 3 },
  '/v1/collections/:collection/calibration/report': { GET: 2 },
  '/v1/compare': { POST: 2 },
  '/v1/embeddings': { POST: 2 },
  '/v1/collections/:collection/reindex': { GET: 4, POST: 4, DELETE: 4 },
  '/v1/collections/:collection/evaluations': { GET: 4, POST: 4 },
  '/v1/collections/:collection/evaluations/:evaluation': { GET: 4, DELETE: 4 },
  '/v1/collections/:collection/evaluations/:evaluation/report': { GET: 4 },
};
const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'LINK'];

let api: Api;
let evaluations: Evaluations;
const apps = new Map<string, App>();

before(async () => {
  api = await openApi();
  evaluations = await Evaluations.open(join(api.folder, 'data'));
  for (const allow of levels) apps.set(allow, createApp({ retriever: api.retriever, evaluations, allow }));
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'one', image: await stripes(10, 5) }]);
});
after(async () => {
  await evaluations.close();
  await api.close();
});

const appOf = (level: Level): App => apps.get(level) as App;

/** The number that a request needs: HEAD is a GET without body; a method that is not there needs what any method does. */
function needOf(path: string, method: string): { readonly need: number; readonly exists: boolean } {
  const rule = rules[path] ?? {};
  const need = rule[method === 'HEAD' ? 'GET' : method];
  return { need: need ?? Math.min(...Object.values(rule)), exists: need !== undefined };
}

/** Sends a request that no route can act on: its collection is not there, and its body is refused. */
function send(app: App, method: string, path: string, collection = 'nowhere') {
  const url = path
    .replace(':collection', collection)
    .replace(':id', 'one')
    .replace(':evaluation', '3f0c1b1e-0000-4000-8000-000000000000');
  const asked = request(app)[method.toLowerCase() as 'get'](url);
  return ['PUT', 'POST', 'PATCH'].includes(method) ? asked.send({ nonsense: 1 }) : asked;
}

test('the table of this test has every route of the application', () => {
  interface Layer {
    readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  }
  const { router } = appOf('admin') as unknown as { readonly router: { readonly stack: Layer[] } };
  const there = router.stack.flatMap(({ route: line }) => {
    const own = Object.keys(line?.methods ?? {}).filter((method) => method !== '_all');
    // The web page has no level: it shows nothing by itself.
    const isPage = ['/', '/assets/:file'].includes(line?.path ?? '');
    return line === undefined || isPage ? [] : [`${line.path} ${own.map((one) => one.toUpperCase()).sort()}`];
  });
  const expected = Object.entries(rules)
    .filter(([path]) => path !== '/')
    .map(([path, rule]) => `${path} ${Object.keys(rule).sort()}`);
  assert.deepEqual(there.sort(), expected.sort());
});

for (const [rank, level] of levels.entries()) {
  test(`allow: ${level}: every route with every method is as the table says`, {
    timeout: 120_000,
  }, async () => {
    for (const path of Object.keys(rules))
      for (const method of methods) {
        const answer = await send(appOf(level), method, path);
        const { need, exists } = needOf(path, method);
        const name = `${method} ${path}: ${answer.status} ${answer.text}`;
        assert.notEqual(answer.status, 500, name);
        if (need > rank + 1) {
          assert.equal(answer.status, 403, name);
          if (method !== 'HEAD') assertProblem(answer, 403, 'forbidden');
        } else if (exists) assert.ok(![403, 405].includes(answer.status), name);
        else assert.equal(answer.status, 405, name);
      }
  });
}

test('a refusal says what is needed and what is allowed, and not whether the collection is there', async () => {
  for (const [path, rule] of Object.entries(rules))
    for (const [method, need] of Object.entries(rule)) {
      if (need < 2) continue;
      const { body: here, text } = await send(appOf('search'), method, path, 'shop');
      const { body: nowhere } = await send(appOf('search'), method, path, 'nowhere');
      assert.deepEqual({ ...here, instance: '' }, { ...nowhere, instance: '' });
      assert.deepEqual([here.needed, here.allowed], [levels[need - 1], 'search'], text);
      assert.match(here.detail, new RegExp(`allow: '${here.needed}'.*allow: 'search'`));
    }
});

test('a wrong method is told the methods that are allowed', async () => {
  const item = '/v1/collections/shop/items/one';
  assert.equal((await request(appOf('read')).post(item)).headers['allow'], 'GET, HEAD');
  assert.equal(
    (await request(appOf('write')).options(item)).headers['allow'],
    'GET, HEAD, PUT, PATCH, DELETE',
  );
});

test('without allow an application searches, shows pictures, and does nothing else', async () => {
  const shop = express().use('/snapshelf', createApp({ retriever: api.retriever }));
  const found = await request(shop)
    .post('/snapshelf/v1/collections/shop/search')
    .send({ vector: Array(32).fill(1) });
  assert.equal(found.status, 200, found.text);
  const { links } = found.body.results[0].item;
  assert.equal((await request(shop).get(links.image)).status, 200);
  assert.equal((await request(shop).get(links.thumbnail)).status, 200);
  for (const path of ['', '/items/one'])
    assertProblem(await request(shop).delete(`/snapshelf/v1/collections/shop${path}`), 403, 'forbidden');
  assertProblem(await request(shop).get('/snapshelf/v1/collections'), 403, 'forbidden');
  assert.equal((await api.retriever.gallery.info('shop')).items, 1);
});

test('what is refused is refused before its body has come', async (t) => {
  const server = createServer(appOf('search')).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.write(
    'POST /v1/collections/shop/items/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 134217728\r\n\r\n',
  );
  const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(20_000) })) as [Buffer];
  assert.match(String(answer), /^HTTP\/1.1 403 .*"code":"forbidden"/s);
});

test('only who may read is told what there is to be ready', async () => {
  const readyAt = async (allow: Level) => (await request(appOf(allow)).get('/health/ready').expect(200)).body;
  assert.deepEqual(await readyAt('search'), { ready: true });
  assert.equal((await readyAt('read')).indexes[0].collection, 'shop');
  const readiness = () => ({ ready: false, waitingFor: 'the index of shop' });
  const waiting = (allow: Level) =>
    request(createApp({ retriever: api.retriever, readiness, allow })).get('/health/ready');
  const told = await waiting('search');
  assertProblem(told, 503, 'not-ready');
  assert.doesNotMatch(told.text, /shop/);
  assert.match((await waiting('read')).text, /shop/);
});

test('a level that there is not is a TypeError, a route without one does not compile', () => {
  const { retriever } = api;
  for (const allow of ['all', 'always', '', null, 3, '__proto__'])
    assert.throws(() => createApp({ retriever, allow: allow as Level }), TypeError, String(allow));
  const compiled = (router: GuardedRouter): void => {
    // @ts-expect-error a path that the table does not have
    route(router, '/v1/new', { get() {} });
    // @ts-expect-error a method that the table does not have
    route(router, '/v1/embeddings', { post() {}, delete() {} });
    // @ts-expect-error a method of the table without its handler
    route(router, '/v1/collections/:collection', { get() {} });
  };
  assert.equal(typeof compiled, 'function');
});
