import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { type App, createApp, Keys, type Level } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

const levels = ['search', 'read', 'write', 'admin'] as const;

let api: Api;
let keys: Keys;
let app: App;
const of: Record<string, string> = {};

before(async () => {
  api = await openApi();
  keys = await Keys.open(join(api.folder, 'data'));
  for (const level of levels) {
    of[level] = (await keys.create({ level, name: level })).key;
    of[`${level} of shop`] = (await keys.create({ level, name: `${level} shop`, collections: ['shop'] })).key;
  }
  app = createApp({ retriever: api.retriever, keys, allow: 'admin' });
  for (const name of ['shop', 'other']) {
    await api.retriever.createCollection(name);
    await api.retriever.add(name, [{ id: 'one', image: await stripes(10, 5) }]);
  }
});
after(async () => {
  await keys.close();
  await api.close();
});

const bearer = (name: string) => ({ authorization: `Bearer ${of[name] ?? name}` });
const get = (path: string, headers: Record<string, string> = {}) => request(app).get(path).set(headers);
const vector = { vector: Array(32).fill(1) };

test('without a key only health and the root are open; the refusal is one and the same for every wrong key', async (t) => {
  const { key: revoked } = await keys.create({ level: 'admin', name: 'gone' });
  await keys.revoke('gone');
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const { key: expired } = await keys.create({ level: 'admin', expiresAt: new Date(1_060_000) });
  t.mock.timers.tick(60_000);
  for (const path of ['/', '/health/live', '/health/ready'])
    assert.equal((await get(path)).status, 200, path);
  assert.deepEqual((await get('/health/ready')).body, { ready: true });
  const answers = new Set<string>();
  const wrong = ['x', revoked, expired, `${of['admin']}x`, String(of['admin']).slice(0, -1), 'Bearer'];
  const tried = [{}, { authorization: 'Basic YTpi' }, ...wrong.map((key) => bearer(key))];
  for (const headers of [...tried, ...wrong.map((key) => ({ 'x-api-key': key }))])
    for (const path of ['/v1/collections', '/v1/collections/shop', '/v1/collections/nowhere', '/metrics']) {
      const answer = await get(path, headers);
      assertProblem(answer, 401, 'unauthorized');
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="snapshelf"');
      answers.add(JSON.stringify({ ...answer.body, instance: '' }));
    }
  assert.equal(answers.size, 1);
  assertProblem(await request(app).post('/v1/collections/shop/search').send(vector), 401, 'unauthorized');
  assertProblem(await request(app).options('/v1/collections/shop/search'), 401, 'unauthorized');
});

test('the ladder: each level opens what those below it open, and a refusal names the level that is needed', async () => {
  const asked: readonly (readonly [Level, string, string, object?])[] = [
    ['search', 'POST', '/v1/collections/shop/search', vector],
    ['search', 'GET', '/v1/collections/shop/items/one/image'],
    ['read', 'GET', '/v1/collections/shop/items'],
    ['read', 'GET', '/metrics'],
    ['write', 'PATCH', '/v1/collections/shop/items/one', { label: 'x' }],
    ['admin', 'GET', '/v1/collections/shop/reindex'],
  ];
  for (const [need, method, path, body] of asked)
    for (const level of levels) {
      const sent = request(app)[method.toLowerCase() as 'get'](path).set('x-api-key', String(of[level]));
      const answer = await (body === undefined ? sent : sent.send(body));
      if (levels.indexOf(level) >= levels.indexOf(need)) {
        assert.ok(![401, 403].includes(answer.status), `${level} ${path} ${answer.text}`);
        continue;
      }
      assertProblem(answer, 403, 'forbidden');
      assert.deepEqual([answer.body.needed, answer.body.allowed], [need, level]);
      assert.match(answer.body.detail, new RegExp(`a key of the level '${need}'`));
    }
});

test('no key opens more than the application allows', async () => {
  const shut = createApp({ retriever: api.retriever, keys, allow: 'search' });
  const answer = await request(shut).get('/v1/collections').set(bearer('admin'));
  assertProblem(answer, 403, 'forbidden');
  assert.match(answer.body.detail, /created with allow: 'search'/);
});

test('a key of one collection sees no other, nor whether there is one', async () => {
  const names = async (key: string) =>
    (await get('/v1/collections', bearer(key))).body.collections.map(({ name }: { name: string }) => name);
  assert.deepEqual(await names('read'), ['other', 'shop']);
  assert.deepEqual(await names('read of shop'), ['shop']);
  const ready = (await get('/health/ready', bearer('read of shop'))).body;
  assert.deepEqual(
    ready.indexes.map(({ collection }: { collection: string }) => collection),
    ['shop'],
  );
  const there = await get('/v1/collections/other/items', bearer('read of shop'));
  const nowhere = await get('/v1/collections/nowhere/items', bearer('read of shop'));
  assertProblem(there, 403, 'forbidden');
  assert.equal(there.text.replaceAll('other', 'nowhere').length, nowhere.text.length);
  assert.equal((await get('/v1/collections/shop/items', bearer('read of shop'))).status, 200);
  const image = await stripes(8, 8);
  for (const collection of ['other', 'nowhere'])
    assertProblem(
      await request(app)
        .post('/v1/embeddings')
        .set(bearer('read of shop'))
        .field('collection', collection)
        .attach('image', image, 'a.png'),
      403,
      'forbidden',
    );
  for (const path of ['/metrics', '/v1/backup']) {
    const answer = await get(path, bearer('admin of shop'));
    assertProblem(answer, 403, 'forbidden');
    assert.match(answer.body.detail, /about all collections/);
  }
  assertProblem(
    await request(app).delete('/v1/collections/other').set(bearer('admin of shop')),
    403,
    'forbidden',
  );
});

test('a revoked key is refused at the next request', async () => {
  const { key, info } = await keys.create({ level: 'read' });
  assert.equal((await get('/v1/collections', { 'x-api-key': key })).status, 200);
  await keys.revoke(info.id);
  assertProblem(await get('/v1/collections', { 'x-api-key': key }), 401, 'unauthorized');
});

test('keys that are made while an open application runs are asked for from then on', async (t) => {
  const fresh = await openApi();
  const made = await Keys.open(join(fresh.folder, 'data'));
  t.after(async () => {
    await made.close();
    await fresh.close();
  });
  const open = createApp({ retriever: fresh.retriever, keys: made, allow: 'admin' });
  assert.equal((await request(open).get('/v1/collections')).status, 200);
  await made.create({ level: 'admin' });
  assertProblem(await request(open).get('/v1/collections'), 401, 'unauthorized');
});
