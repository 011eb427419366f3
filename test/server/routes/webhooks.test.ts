import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { type App, createApp, Keys, Webhooks } from '../../../src/server/index.ts';
import { type Api, assertProblem, openApi, quietSender } from '../support.ts';

let api: Api;
let keys: Keys;
let webhooks: Webhooks;
let app: App;
const of: Record<string, string> = {};

before(async () => {
  api = await openApi();
  const data = join(api.folder, 'data');
  keys = await Keys.open(data);
  for (const level of ['write', 'admin'] as const)
    of[level] = (await keys.create({ level, name: level })).key;
  of['shop'] = (await keys.create({ level: 'admin', name: 'shop', collections: ['shop'] })).key;
  webhooks = await Webhooks.open(data, { allowWebhooks: ['hooks.example'] });
  app = createApp({ retriever: api.retriever, keys, webhooks, allow: 'admin' });
  await api.retriever.createCollection('shop');
});
after(async () => {
  await webhooks.close();
  await keys.close();
  await api.close();
});

const by = (key: string) => ({ authorization: `Bearer ${of[key]}` });
const register = (body: object, key = 'admin') => request(app).post('/v1/webhooks').set(by(key)).send(body);
const url = 'https://hooks.example/snapshelf';

test('webhooks are for admins of all collections; the secret is answered once and by nobody kept', async () => {
  for (const key of ['write', 'shop']) assertProblem(await register({ url }, key), 403, 'forbidden');
  const made = await register({ url, name: 'shop', events: ['reindex.finished'], collections: ['shop'] });
  assert.equal(made.status, 201);
  assert.match(made.body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(made.headers['cache-control'], 'no-store');
  assert.equal(made.headers['location'], `/v1/webhooks/${made.body.id}`);
  const { secret, ...shown } = made.body;
  for (const path of ['/v1/webhooks', `/v1/webhooks/${shown.id}`]) {
    const { text } = await request(app).get(path).set(by('admin')).expect(200);
    assert.ok(!text.includes(secret) && text.includes(shown.id));
    for (const key of ['write', 'shop'])
      assertProblem(await request(app).get(path).set(by(key)), 403, 'forbidden');
  }
  await request(app).delete(`/v1/webhooks/${shown.id}`).set(by('admin')).expect(204);
  assertProblem(
    await request(app).get(`/v1/webhooks/${shown.id}`).set(by('admin')),
    404,
    'webhook-not-found',
  );
});

test('an address that is not listed, or settings that are none, are refused and nothing is kept', async () => {
  for (const address of [
    'https://other.example/',
    'http://hooks.example/',
    'http://127.0.0.1/',
    'https://hooks.example:8443/',
    'x',
  ])
    assertProblem(await register({ url: address }), 403, 'url-refused');
  for (const settings of [
    {},
    { events: [] },
    { events: ['all'] },
    { collections: ['A B'] },
    { secret: 'mine' },
    { name: 'a\nb' },
  ])
    assertProblem(
      await register(
        'url' in settings ? settings : { ...settings, ...(Object.keys(settings).length > 0 && { url }) },
      ),
      400,
      'request-invalid',
    );
  assert.deepEqual((await request(app).get('/v1/webhooks').set(by('admin'))).body, { webhooks: [] });
});

test('the end of an import is told by whoever may write, once per Idempotency-Key, also where there are no webhooks', async () => {
  const data = join(api.folder, 'data');
  const quiet = await Webhooks.open(data, { sender: quietSender });
  const own = createApp({ retriever: api.retriever, webhooks: quiet, allow: 'write' });
  const { webhook } = await quiet.create({ url });
  const tell = (path: string) =>
    request(own)
      .post(`/v1/collections/${path}/imports`)
      .set('Idempotency-Key', `night-of-${path}`)
      .send({ added: 3 });
  assert.deepEqual((await tell('shop').expect(202)).body, { webhooks: 1 });
  await tell('shop').expect(202);
  assert.equal(quiet.deliveries(webhook.id).length, 1);
  assertProblem(await tell('nothing'), 404, 'collection-not-found');
  assertProblem(await request(own).get('/v1/webhooks'), 403, 'forbidden');
  await quiet.close();
  const without = createApp({ retriever: api.retriever, allow: 'write' });
  const answer = await request(without).post('/v1/collections/shop/imports').send({});
  assert.deepEqual([answer.status, answer.body], [202, { webhooks: 0 }]);
  assertProblem(await request(without).get('/v1/webhooks'), 404, 'route-not-found');
});
