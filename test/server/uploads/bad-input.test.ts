// slow: takes seconds
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
let picture: Buffer;
const search = '/v1/collections/shop/search';
const item = '/v1/collections/shop/items/new';
const client = () => request(api.app);

before(async () => {
  api = await openApi({ limits: { imageBytes: 200_000 } });
  picture = await stripes(10, 5);
  await client().put('/v1/collections/shop');
  await client().put('/v1/collections/shop/items/one').attach('image', picture, 'one.jpg');
});
after(() => api.close());

/** After anything bad the process serves, and only what was stored before is there. */
async function assertUnharmed(): Promise<void> {
  const { body } = await client().get('/v1/collections/shop/items');
  assert.deepEqual(
    body.items.map(({ id }: { id: string }) => id),
    ['one'],
  );
  const answer = await client().post(search).attach('image', picture, 'q.jpg');
  assert.equal(answer.body.results?.[0]?.item.id, 'one', answer.text);
}

/** A PNG whose header says 100,000 x 100,000, with sums that are right. */
const hugePng = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000186a0000186a0080200000027309c9f0000000d49444154789c63601805c40200012c0001078ac62e',
  'hex',
);

type Case = readonly [name: string, status: number, code: string, send: () => request.Test];

const pictures: readonly Case[] = [
  ['no image at all', 400, 'image-missing', () => client().post(search)],
  ['a form without image', 400, 'image-missing', () => client().post(search).field('k', '3')],
  [
    'an empty image',
    400,
    'image-empty',
    () => client().post(search).attach('image', Buffer.alloc(0), 'e.jpg'),
  ],
  [
    'text named .jpg',
    415,
    'image-unsupported',
    () => client().post(search).attach('image', Buffer.from('hello'), 'a.jpg'),
  ],
  [
    'an SVG',
    415,
    'image-unsupported',
    () =>
      client()
        .post(search)
        .attach('image', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'a.svg'),
  ],
  [
    '100,000 x 100,000 pixels',
    413,
    'image-too-many-pixels',
    () => client().put(item).attach('image', hugePng, 'h.png'),
  ],
  [
    'a truncated image',
    422,
    'image-corrupt',
    () =>
      client()
        .put(item)
        .attach('image', picture.subarray(0, picture.length / 2), 't.jpg'),
  ],
  [
    'too many bytes',
    413,
    'image-too-large',
    () => client().put(item).attach('image', Buffer.alloc(300_000), 'b.jpg'),
  ],
  [
    'too many bytes in JSON',
    413,
    'body-too-large',
    () =>
      client()
        .put(item)
        .send({ image: Buffer.alloc(300_000).toString('base64') }),
  ],
  ['base64 that is none', 400, 'request-invalid', () => client().put(item).send({ image: '%%%' })],
  [
    'a picture in the wrong field',
    400,
    'request-invalid',
    () => client().post(search).attach('photo', picture, 'q.jpg'),
  ],
  [
    'two pictures',
    400,
    'request-invalid',
    () => client().post(search).attach('image', picture, 'a').attach('image', picture, 'b'),
  ],
  [
    'a crop outside',
    400,
    'crop-invalid',
    () =>
      client()
        .post(search)
        .attach('image', picture, 'q')
        .field('crop', '{"left":5000,"top":0,"width":5,"height":5}'),
  ],
  [
    'a crop of nothing',
    400,
    'crop-invalid',
    () =>
      client()
        .post(search)
        .attach('image', picture, 'q')
        .field('crop', '{"left":0,"top":0,"width":0,"height":5}'),
  ],
  [
    'a crop that is no box',
    400,
    'request-invalid',
    () => client().post(search).attach('image', picture, 'q').field('crop', '[1,2]'),
  ],
];

const json = (body: object) => client().post(search).send(body);
const raw = (body: string) => client().post(search).set('Content-Type', 'application/json').send(body);

const options: readonly Case[] = [
  ['k = 0', 400, 'request-invalid', () => json({ itemId: 'one', k: 0 })],
  ['k = 10^9', 400, 'request-invalid', () => json({ itemId: 'one', k: 1e9 })],
  [
    'k = 1.5',
    400,
    'request-invalid',
    () => client().post(search).attach('image', picture, 'q').field('k', '1.5'),
  ],
  [
    'k = "many"',
    400,
    'request-invalid',
    () => client().post(search).attach('image', picture, 'q').field('k', 'many'),
  ],
  [
    'a field twice',
    400,
    'request-invalid',
    () => client().post(search).attach('image', picture, 'q').field('k', '1').field('k', '2'),
  ],
  ['an unknown option', 400, 'request-invalid', () => json({ itemId: 'one', limit: 5 })],
  ['NaN in a vector', 400, 'request-invalid', () => raw('{"vector":[NaN]}')],
  ['null in a vector', 400, 'request-invalid', () => json({ vector: [null] })],
  ['infinity in a vector', 400, 'request-invalid', () => raw(`{"vector":[${'1e999,'.repeat(31)}1]}`)],
  ['beyond float32 in a vector', 400, 'vector-invalid', () => json({ vector: Array(32).fill(1e300) })],
  ['the wrong dimension', 400, 'dimension-mismatch', () => json({ vector: [1, 2, 3] })],
  ['picture and vector', 400, 'request-invalid', () => json({ vector: Array(32).fill(1), itemId: 'one' })],
  ['an unknown item', 404, 'item-not-found', () => json({ itemId: 'none' })],
  [
    'an unknown filter',
    400,
    'filter-invalid',
    () => json({ itemId: 'one', filter: { field: 'label', like: 'x' } }),
  ],
  [
    'a deep filter',
    400,
    'filter-invalid',
    () => raw(`{"itemId":"one","filter":${'{"not":'.repeat(50)}{}${'}'.repeat(50)}}`),
  ],
  [
    'a bottomless filter',
    400,
    'request-invalid',
    () => raw(`{"itemId":"one","filter":${'{"not":'.repeat(20_000)}{}${'}'.repeat(20_000)}}`),
  ],
  ['a filter that is text', 400, 'request-invalid', () => json({ itemId: 'one', filter: 'label' })],
  ['a made-up cursor', 400, 'cursor-invalid', () => json({ itemId: 'one', after: 'abc' })],
  ['broken JSON', 400, 'request-invalid', () => raw('{"k":')],
  ['a JSON array', 400, 'request-invalid', () => raw('[]')],
  [
    'JSON a million levels deep',
    400,
    'request-invalid',
    () => raw(`{"vector":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  ],
  [
    'a prototype in the body',
    400,
    'request-invalid',
    () => raw('{"itemId":"one","__proto__":{"k":1},"constructor":5}'),
  ],
  [
    'XML',
    415,
    'media-type-unsupported',
    () => client().post(search).set('Content-Type', 'text/xml').send('<k/>'),
  ],
  [
    'a URL-encoded form',
    415,
    'media-type-unsupported',
    () => client().post(search).type('form').send({ itemId: 'one' }),
  ],
  [
    'an unknown charset',
    415,
    'media-type-unsupported',
    () => client().post(search).set('Content-Type', 'application/json; charset=utf-99').send('{}'),
  ],
  [
    'a form without boundary',
    400,
    'request-invalid',
    () => client().post(search).set('Content-Type', 'multipart/form-data').send('x'),
  ],
];

const places: readonly Case[] = [
  [
    'an unknown collection',
    404,
    'collection-not-found',
    () => client().post('/v1/collections/none/search').attach('image', picture, 'q'),
  ],
  [
    'an upload to an unknown collection',
    404,
    'collection-not-found',
    () => client().put('/v1/collections/none/items/a').attach('image', picture, 'q'),
  ],
  ['a collection name with a path', 400, 'id-invalid', () => client().put('/v1/collections/..%2F..%2Fetc')],
  ['a collection name in capitals', 400, 'id-invalid', () => client().put('/v1/collections/Shop')],
  [
    'an id that climbs',
    400,
    'id-invalid',
    () => client().put('/v1/collections/shop/items/..%2F..%2Fx').attach('image', picture, 'q'),
  ],
  [
    'an absolute id',
    400,
    'id-invalid',
    () => client().put('/v1/collections/shop/items/%2Fetc%2Fpasswd').attach('image', picture, 'q'),
  ],
  [
    'an id with a null',
    400,
    'id-invalid',
    () => client().put('/v1/collections/shop/items/a%00b').attach('image', picture, 'q'),
  ],
  [
    'a very long id',
    400,
    'id-invalid',
    () =>
      client()
        .put(`/v1/collections/shop/items/${'a'.repeat(600)}`)
        .attach('image', picture, 'q'),
  ],
  ['an id that is no UTF-8', 400, 'request-invalid', () => client().get('/v1/collections/shop/items/%ff')],
  [
    'metadata that is no object',
    400,
    'request-invalid',
    () => client().put(item).attach('image', picture, 'q').field('metadata', '5'),
  ],
  [
    'metadata that is too much',
    400,
    'item-invalid',
    () =>
      client()
        .put(item)
        .attach('image', picture, 'q')
        .field('metadata', JSON.stringify({ a: 'x'.repeat(100_000) })),
  ],
  [
    'metadata that is too deep',
    400,
    'item-invalid',
    () =>
      client()
        .put(item)
        .attach('image', picture, 'q')
        .field('metadata', `{"a":${'['.repeat(50)}${']'.repeat(50)}}`),
  ],
  [
    'bottomless metadata',
    400,
    'request-invalid',
    () =>
      client()
        .put(item)
        .attach('image', picture, 'q')
        .field('metadata', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  ],
  [
    'a prototype in the metadata',
    400,
    'request-invalid',
    () => client().put(item).attach('image', picture, 'q').field('metadata', '{"a":{"__proto__":{"b":1}}}'),
  ],
  [
    'metadata in brackets',
    400,
    'request-invalid',
    () => client().put(item).attach('image', picture, 'q').field('metadata[price]', '5'),
  ],
  [
    'the name of a picture in place of it',
    400,
    'request-invalid',
    () => client().put(item).field('image', 'photo.jpg'),
  ],
  [
    'a compressed body',
    415,
    'media-type-unsupported',
    () => client().put('/v1/collections/new').set('Content-Encoding', 'gzip').send({ metric: 'l2' }),
  ],
  [
    'a collection and a model for one embedding',
    400,
    'request-invalid',
    () =>
      client()
        .post('/v1/embeddings')
        .attach('image', picture, 'q')
        .field('collection', 'shop')
        .field('model', 'a'.repeat(64)),
  ],
  [
    'an embedding by a model that is not there',
    409,
    'model-not-found',
    () => client().post('/v1/embeddings').attach('image', picture, 'q').field('model', 'a'.repeat(64)),
  ],
  [
    'an unknown split',
    400,
    'request-invalid',
    () => client().put(item).attach('image', picture, 'q').field('split', 'best'),
  ],
  [
    'a list of too many',
    400,
    'request-invalid',
    () => client().get('/v1/collections/shop/items').query({ limit: 5000 }),
  ],
  [
    'a batch without files',
    400,
    'image-missing',
    () => client().post('/v1/collections/shop/items/batch').field('items', '[]'),
  ],
  [
    'a batch with a file too few',
    400,
    'image-missing',
    () =>
      client()
        .post('/v1/collections/shop/items/batch')
        .attach('images', picture, 'a')
        .field('items', '[{"id":"a"},{"id":"b"}]'),
  ],
  [
    'a batch with an id twice',
    400,
    'request-invalid',
    () =>
      client()
        .post('/v1/collections/shop/items/batch')
        .attach('images', picture, 'a')
        .attach('images', picture, 'b')
        .field('items', '[{"id":"a"},{"id":"a"}]'),
  ],
  [
    'a re-index to a path',
    400,
    'request-invalid',
    () => client().post('/v1/collections/shop/reindex').send({ model: '/etc/passwd' }),
  ],
  ['no such route', 404, 'route-not-found', () => client().get('/v2/collections')],
  ['the wrong method', 405, 'method-not-allowed', () => client().patch('/v1/collections/shop')],
];

for (const [name, status, code, send] of [...pictures, ...options, ...places]) {
  test(`${name}: ${status} ${code}`, async () => {
    assertProblem(await send(), status, code);
    await assertUnharmed();
  });
}

test('a wrong method is told which ones there are', async () => {
  assert.equal((await client().post('/v1/collections/shop')).headers['allow'], 'GET, HEAD, PUT, DELETE');
});

test('forms of every hostile shape are refused or ignored, and the process lives', {
  timeout: 120_000,
}, async () => {
  const boundary = 'xx';
  const part = (head: string, body: string): string => `--${boundary}\r\n${head}\r\n\r\n${body}\r\n`;
  const disposition = (name: string): string => `Content-Disposition: form-data; name="${name}"`;
  const names = [
    '',
    'k[0]',
    'k[',
    ']',
    '__proto__',
    'constructor[prototype]',
    'a'.repeat(5000),
    'k\u0000',
    '\u00e9\ud83d',
    'k[999999999]',
    'a[b][c][d]',
    'image',
    'k.length',
  ];
  const bodies = names.flatMap((name) => [
    part(disposition(name), '1'),
    part(disposition(name), '1') + part(disposition(name), '2'),
    part(`${disposition(name)}; filename=""`, 'x'),
    part(`${disposition(name)}; filename="../../../etc/passwd"`, 'x'),
    part(`${disposition(name)}; filename*=utf-8''%ff%fe`, 'x'),
    part(`${disposition(name)}\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64`, 'x'),
  ]);
  const whole = [
    ...bodies,
    part(disposition('k'), '1').repeat(2000),
    part('X: y\r\n'.repeat(3000).trimEnd(), 'x'),
    '',
    `--${boundary}`,
    '\r\n'.repeat(1000),
  ];
  const endings = [`--${boundary}--\r\n`, '', `--${boundary}`, '\r\n--'];
  let sent = 0;
  for (const body of whole) {
    for (const ending of endings) {
      const { status, text } = await client()
        .post(search)
        .set('Content-Type', `multipart/form-data; boundary=${boundary}`)
        .send(body + ending);
      assert.ok(status >= 400 && status < 500, `${status} ${text} for ${JSON.stringify(body.slice(0, 200))}`);
      sent += 1;
    }
  }
  assert.ok(sent >= 300);
  await assertUnharmed();
});
