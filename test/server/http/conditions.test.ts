import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
let pictures: Buffer[];
const client = () => request(api.app);
const item = '/v1/collections/shop/items/mug';

before(async () => {
  api = await openApi();
  pictures = await Promise.all([0, 120, 240].map((hue) => stripes(hue, 7, 400)));
  await client().put('/v1/collections/shop').expect(201);
});
after(() => api.close());

const put = (picture = 0) =>
  client()
    .put(item)
    .attach('image', pictures[picture] ?? '', 'mug.jpg');
const tagOf = async (): Promise<string> => (await client().get(item).expect(200)).headers['etag'] ?? '';

test('an item is stored only if there is none, or changed only as it was read', async () => {
  assertProblem(await put().set('If-Match', '*'), 412, 'item-changed');
  const made = await put().set('If-None-Match', '*').expect(201);
  assertProblem(await put().set('If-None-Match', '*'), 412, 'item-changed');
  const first = await tagOf();
  assert.match(first, /^"[\w-]{22}"$/);
  assert.equal(made.headers['etag'], first);
  // Two read the same; the second to write is told.
  const one = await client().patch(item).set('If-Match', first).send({ label: 'cups' }).expect(200);
  assertProblem(
    await client().patch(item).set('If-Match', first).send({ label: 'mugs' }),
    412,
    'item-changed',
  );
  assertProblem(await put(1).set('If-Match', first), 412, 'item-changed');
  assertProblem(await client().delete(item).set('If-Match', first), 412, 'item-changed');
  const second = one.headers['etag'] ?? '';
  assert.notEqual(second, first);
  assert.equal(await tagOf(), second);
  const { body } = await client().get(item);
  assert.deepEqual([body.label, body.productId], ['cups', 'mug']);
  // One of several, also made weak by what is between.
  const replaced = await put(1).set('If-Match', `"other", W/${second}`).expect(200);
  await client().patch(item).set('If-Match', '*').send({ label: 'mugs' }).expect(200);
  assertProblem(
    await client()
      .delete(item)
      .set('If-Match', replaced.headers['etag'] ?? ''),
    412,
    'item-changed',
  );
  for (const bad of ['mug', '"a" b', '', '"'])
    assertProblem(
      await client()
        .delete(item)
        .set('If-Match', bad || ','),
      400,
      'request-invalid',
    );
  assertProblem(await put().set('If-None-Match', '"a"'), 400, 'request-invalid');
  await client()
    .delete(item)
    .set('If-Match', await tagOf())
    .expect(204);
  assertProblem(await client().delete(item).set('If-Match', '*'), 404, 'item-not-found');
});

test('whatever is read has a tag, and is not sent twice', async () => {
  await put().expect(201);
  for (const path of [
    '/',
    '/openapi.json',
    '/v1/models',
    '/v1/collections',
    '/v1/collections/shop',
    item,
    `${item}/image`,
    `${item}/thumbnail?size=64`,
  ]) {
    const { headers } = await client().get(path).expect(200);
    const again = await client()
      .get(path)
      .set('If-None-Match', headers['etag'] ?? '');
    assert.equal(again.status, 304, path);
    assert.equal(again.text ?? '', '');
    assert.equal(
      (
        await client()
          .head(path)
          .set('If-None-Match', headers['etag'] ?? '')
      ).status,
      304,
      path,
    );
    await client().get(path).set('If-None-Match', '"other"').expect(200);
  }
  const list = '/v1/collections/shop/items';
  const { headers } = await client().get(list).expect(200);
  await client().patch(item).send({ label: 'new' }).expect(200);
  await client()
    .get(list)
    .set('If-None-Match', headers['etag'] ?? '')
    .expect(200);
});

test('pictures come in a few sizes, and are kept for a year under an address with their hash', async () => {
  const { body } = await client().get(item);
  for (const link of [body.links.image, body.links.thumbnail]) {
    const { headers } = await client().get(link).expect(200);
    assert.equal(headers['cache-control'], 'private, max-age=31536000, immutable');
  }
  const { default: sharp } = await import('sharp');
  for (const [size, wide] of [
    [64, 64],
    [128, 128],
    [256, 256],
    [512, 400],
    [1024, 400],
  ]) {
    const { body: bytes, headers } = await client().get(`${item}/thumbnail?size=${size}`).expect(200);
    assert.equal((await sharp(bytes).metadata()).width, wide);
    assert.match(headers['cache-control'] ?? '', /must-revalidate/);
  }
  assertProblem(await client().get(`${item}/thumbnail?size=100`), 400, 'request-invalid');
  // After a change the old address does not promise anything.
  await put(2).expect(200);
  const { headers } = await client().get(body.links.image).expect(200);
  assert.match(headers['cache-control'] ?? '', /must-revalidate/);
});

test('text is compressed for those who take it, pictures are not', async () => {
  const coded = async (path: string, encoding: string) =>
    (await client().get(path).set('Accept-Encoding', encoding)).headers['content-encoding'];
  assert.equal(await coded('/openapi.json', 'gzip'), 'gzip');
  assert.equal(await coded('/docs', 'br, gzip'), 'br');
  assert.equal(await coded('/openapi.json', 'identity'), undefined);
  assert.equal(await coded(`${item}/image`, 'br, gzip'), undefined);
  const { headers, body } = await client().get('/openapi.json').set('Accept-Encoding', 'br');
  assert.equal(body.openapi, '3.1.1');
  assert.match(headers['vary'] ?? '', /Accept-Encoding/);
});

test('a list is sent as lines, to its end or its limit', async () => {
  const ids = Array.from({ length: 25 }, (_, at) => `many-${String(at).padStart(2, '0')}`);
  await api.retriever.add(
    'shop',
    await Promise.all(ids.map(async (id) => ({ id, image: pictures[0] as Buffer }))),
  );
  const lines = async (query: string) => {
    const answer = await client()
      .get(`/v1/collections/shop/items?${query}`)
      .set('Accept', 'application/x-ndjson')
      .buffer(true)
      .parse((stream, done) => {
        let text = '';
        stream.on('data', (chunk) => {
          text += chunk;
        });
        stream.on('end', () => done(null, text));
      });
    assert.match(answer.headers['content-type'] ?? '', /^application\/x-ndjson/);
    return String(answer.body)
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).id);
  };
  assert.deepEqual(await lines(''), [...ids, 'mug']);
  assert.deepEqual(await lines('limit=7'), ids.slice(0, 7));
  const filter = encodeURIComponent('{"field":"id","gte":"many-20"}');
  assert.deepEqual(await lines(`filter=${filter}`), [...ids.slice(20), 'mug']);
  const refused = await client().get('/v1/collections/nowhere/items').set('Accept', 'application/x-ndjson');
  assertProblem(refused, 404, 'collection-not-found');
  const whole = await client()
    .get('/v1/collections/shop/items')
    .set('Accept', 'application/json, application/x-ndjson;q=0.5');
  assert.match(whole.headers['content-type'] ?? '', /^application\/json/);
});

test('an id of a request comes back in the answer, its problem and the header', async () => {
  for (const id of ['3f0c1b1e-0000-4000-8000-000000000000', 'order-17.retry_2', '01HZY3J8Q4'])
    assert.equal((await client().get('/nowhere').set('X-Request-Id', id)).headers['x-request-id'], id);
  for (const id of ['a b', '"', '-x', 'ä', 'x'.repeat(129)]) {
    const { headers } = await client().get('/').set('X-Request-Id', encodeURI(id));
    assert.match(headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/);
  }
  const { instance } = JSON.parse((await client().get('/nowhere').set('X-Request-Id', 'order-17')).text);
  assert.equal(instance, 'urn:snapshelf:request:order-17');
});
