import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { createApp } from '../../../src/server/index.ts';
import { Keys } from '../../../src/server/keys/keys.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi, patient } from '../support.ts';

let api: Api;
let pictures: Buffer[];
let app: ReturnType<typeof createApp>;
const shop = '/v1/collections/shop';

before(async () => {
  api = await openApi();
  app = api.app;
  pictures = await Promise.all([0, 120].map((hue) => stripes(hue, 7)));
  await request(app).put(shop).expect(201);
});
after(() => api.close());

const batch = (key: string, id: string, picture = 0) =>
  request(app)
    .post(`${shop}/items/batch`)
    .set('Idempotency-Key', key)
    .attach('images', pictures[picture] ?? '', id);

test('a batch that is sent twice with one key is stored once, and answered the same, also after a restart', async () => {
  const first = await batch('one', 'mug').expect(200);
  assert.equal(first.body.added, 1);
  await request(app).delete(`${shop}/items/mug`).expect(204);
  for (const restart of [false, true]) {
    if (restart) app = createApp({ retriever: api.retriever, allow: 'admin', limits: patient });
    const again = await batch('one', 'mug').expect(200);
    assert.deepEqual(again.body, first.body);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    // It was not done again.
    assertProblem(await request(app).get(`${shop}/items/mug`), 404, 'item-not-found');
  }
  for (const other of [await batch('one', 'cup'), await batch('one', 'mug', 1)])
    assertProblem(other, 422, 'idempotency-mismatch');
  const elsewhere = await request(app)
    .post(`${shop}/items/delete`)
    .set('Idempotency-Key', 'one')
    .send({ ids: ['mug'] });
  assertProblem(elsewhere, 422, 'idempotency-mismatch');
  await batch('two', 'mug').expect(200);
});

test('what failed is not kept: nothing was done', async () => {
  const send = (collection: string) =>
    request(app)
      .post(`/v1/collections/${collection}/items/delete`)
      .set('Idempotency-Key', 'later')
      .send({ ids: ['x'] });
  assertProblem(await send('soon'), 404, 'collection-not-found');
  await request(app).put('/v1/collections/soon').expect(201);
  assert.deepEqual((await send('soon').expect(200)).body, { deleted: 0 });
});

test('two at the same time are done once', async () => {
  const answers = await Promise.all([batch('both', 'left'), batch('both', 'left')]);
  const codes = answers.map(({ status }) => status).sort();
  // The second came while the first was under way, or after it.
  assert.ok(codes[0] === 200 && (codes[1] === 200 || codes[1] === 409), `${codes}`);
  const first = answers.find(({ status }) => status === 200)?.body;
  assert.deepEqual((await batch('both', 'left').expect(200)).body, first);
});

test('clients do not share their keys: neither is answered what the other was', async () => {
  const keys = await Keys.open(join(api.folder, 'data'));
  const keyed = createApp({ retriever: api.retriever, keys, allow: 'admin', limits: patient });
  for (const name of ['one', 'other']) {
    const { key } = await keys.create({ level: 'write', name });
    const answer = await request(keyed)
      .post(`${shop}/items/delete`)
      .set('Authorization', `Bearer ${key}`)
      .set('Idempotency-Key', 'shared')
      .send({ ids: ['x'] })
      .expect(200);
    assert.equal(answer.headers['idempotency-replayed'], undefined, name);
  }
  await keys.close();
});

test('a key that is none is refused, and searches keep nothing', async () => {
  assertProblem(await batch('with blank', 'mug'), 400, 'request-invalid');
  assertProblem(await batch('x'.repeat(256), 'mug'), 400, 'request-invalid');
  const before = readdirSync(join(api.folder, 'data', 'idempotency', 'shop')).length;
  await request(app)
    .post(`${shop}/search`)
    .set('Idempotency-Key', 'search')
    .attach('image', pictures[0] ?? '', 'x')
    .expect(200);
  assert.equal(readdirSync(join(api.folder, 'data', 'idempotency', 'shop')).length, before);
});

test('a collection that is removed takes its answers along: in a later one of its name all is done again', async () => {
  await batch('anew', 'mug').expect(200);
  await request(app).delete(shop).expect(204);
  await request(app).put(shop).expect(201);
  const again = await batch('anew', 'mug').expect(200);
  assert.deepEqual([again.headers['idempotency-replayed'], again.body.added], [undefined, 1]);
});
