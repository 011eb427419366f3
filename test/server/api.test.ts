import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { stripes } from '../support/pictures.ts';
import { type Api, assertProblem, openApi } from './support.ts';

const hues = [0, 60, 120, 180, 240, 300];
let api: Api;
let pictures: Buffer[];

const path = (id: string): string => `/v1/collections/shop/items/${encodeURIComponent(id)}`;
const client = () => request(api.app);

before(async () => {
  api = await openApi();
  pictures = await Promise.all(hues.map((hue, i) => stripes(hue, 4 + 3 * i)));
});
after(() => api.close());

test('a collection is made once, kept with the same settings, refused with others', async () => {
  const made = await client().put('/v1/collections/shop').send({ metric: 'cosine' });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.dimension, 32);
  assert.equal((await client().put('/v1/collections/shop')).status, 200);
  assertProblem(await client().put('/v1/collections/shop').send({ metric: 'l2' }), 409, 'collection-exists');
  // The model gives features.
  for (const metric of ['weak', 'weak-metric'])
    assertProblem(await client().put('/v1/collections/kinds').send({ metric }), 409, 'metric-mismatch');
  for (const body of [
    { metric: 'cosine', metricOptions: { P: 0.5 } },
    { metric: 'weak-metric', metricOptions: { P: 0 } },
    { metric: 'weak-metric', metricOptions: { a: 0.5 } },
  ])
    assertProblem(await client().put('/v1/collections/kinds').send(body), 400, 'request-invalid');
  const { collections } = (await client().get('/v1/collections')).body;
  assert.deepEqual(
    collections.map(({ name }: { name: string }) => name),
    ['shop'],
  );
});

test('an item is created, replaced, read with its pictures, and found by its id with a slash', async () => {
  const created = await client()
    .put(path('mugs/red.jpg'))
    .attach('image', pictures[0] ?? '', 'red.jpg')
    .field('productId', 'mug')
    .field('label', 'mugs')
    .field('metadata', '{"price":5,"tags":["a"]}');
  assert.equal(created.status, 201, created.text);
  const again = await client()
    .put(path('mugs/red.jpg'))
    .attach('image', pictures[0] ?? '', 'x')
    .field('productId', 'mug');
  assert.equal(again.status, 200);
  const { body } = await client().get(path('mugs/red.jpg'));
  assert.deepEqual([body.id, body.productId, body.label, body.metadata], ['mugs/red.jpg', 'mug', null, {}]);
  const image = await client().get(body.links.image).buffer(true);
  assert.equal(image.headers['content-type'], 'image/jpeg');
  assert.equal(image.headers['x-content-type-options'], 'nosniff');
  assert.match(image.headers['content-security-policy'] ?? '', /default-src 'none'/);
  assert.deepEqual(image.body, pictures[0]);
  assert.equal(
    (
      await client()
        .get(body.links.image)
        .set('If-None-Match', image.headers['etag'] ?? '')
    ).status,
    304,
  );
  assert.equal((await client().get(body.links.thumbnail)).headers['content-type'], 'image/jpeg');
  const json = await client()
    .put(path('by-json'))
    .send({ image: pictures[1]?.toString('base64'), productId: 'j' });
  assert.equal(json.status, 201, json.text);
  assert.equal((await client().delete(path('by-json'))).status, 204);
  assertProblem(await client().get(path('by-json')), 404, 'item-not-found');
  assertProblem(await client().delete(path('by-json')), 404, 'item-not-found');
});

test('a batch stores what is good and says what is not', async () => {
  const items = hues.map((hue, i) => ({
    id: `item-${i}`,
    file: `${i}.jpg`,
    productId: `p-${i % 3}`,
    metadata: { hue },
  }));
  const sent = client().post('/v1/collections/shop/items/batch');
  for (const [i, picture] of pictures.entries()) sent.attach('images', picture, `${i}.jpg`);
  sent.attach('images', Buffer.from('text'), 'bad.jpg');
  // What cannot be stored is not looked at: it would be image-unsupported.
  sent.attach('images', Buffer.from('text'), 'none.jpg');
  sent.field(
    'items',
    JSON.stringify([...items, { id: 'bad', file: 'bad.jpg' }, { id: '../x', file: 'none.jpg' }]),
  );
  const { status, body, text } = await sent;
  assert.equal(status, 200, text);
  assert.deepEqual([body.stored, body.failed], [6, 2]);
  const failures = body.results
    .slice(6)
    .map(({ id, status: code, error }: { id: string; status: number; error: { code: string } }) => [
      id,
      code,
      error.code,
    ]);
  assert.deepEqual(failures, [
    ['bad', 415, 'image-unsupported'],
    ['../x', 400, 'id-invalid'],
  ]);
  assert.equal((await client().get(path('item-5'))).body.metadata.hue, 300);
});

for (const [what, files, entries] of [
  [
    'one file named twice',
    ['a', 'b'],
    [
      { id: 'x', file: 'a' },
      { id: 'y', file: 'a' },
    ],
  ],
  [
    'two files of one name',
    ['a', 'a'],
    [
      { id: 'x', file: 'a' },
      { id: 'y', file: 'b' },
    ],
  ],
  ['some entries that name a file and some that do not', ['a', 'b'], [{ id: 'x', file: 'a' }, { id: 'y' }]],
  ['fewer entries than files', ['a', 'b'], [{ id: 'x' }]],
  [
    'one picture for 1,000 items',
    ['a'],
    Array.from({ length: 1000 }, (_, at) => ({ id: `${at}`, file: 'a' })),
  ],
] as const)
  test(`a batch with ${what} is refused, and nothing is stored`, async () => {
    const sent = client().post('/v1/collections/shop/items/batch').field('items', JSON.stringify(entries));
    for (const name of files) sent.attach('images', pictures[0] ?? '', name);
    assertProblem(await sent, 400, 'request-invalid');
    assertProblem(await client().get(path(entries[0].id)), 404, 'item-not-found');
  });

test('files that no entry names go by their place, whatever they are called', async () => {
  const sent = client().post('/v1/collections/shop/items/batch').field('items', '[{"id":"x"},{"id":"y"}]');
  const { body } = await sent
    .attach('images', pictures[0] ?? '', 'blob')
    .attach('images', pictures[1] ?? '', 'blob');
  assert.equal(body.stored, 2);
  for (const id of ['x', 'y']) await client().delete(path(id)).expect(204);
});

test('without the field items, each file of a batch is an item of its name', async () => {
  const { body } = await client()
    .post('/v1/collections/shop/items/batch')
    .attach('images', pictures[3] ?? '', 'blue.jpg');
  assert.deepEqual(
    body.results.map(({ id, status }: { id: string; status: number }) => [id, status]),
    [['blue.jpg', 200]],
  );
  await client().delete(path('blue.jpg'));
});

test('a photo, a base64 photo, an item and a vector find the product; the answer says how it was found', async () => {
  const url = '/v1/collections/shop/search';
  const upload = await client()
    .post(url)
    .attach('image', pictures[4] ?? '', 'q.jpg')
    .field('k', '2');
  assert.equal(upload.status, 200, upload.text);
  const { body } = upload;
  assert.deepEqual([body.results[0].item.id, body.results[0].rank, body.results.length], ['item-4', 1, 2]);
  assert.equal(body.model.name, 'tiny');
  assert.deepEqual([body.metric, body.searched.kind], ['cosine', 'exact']);
  for (const stage of ['decodeMs', 'queueMs', 'inferenceMs', 'searchMs', 'totalMs'])
    assert.equal(typeof body.timings[stage], 'number', stage);
  const json = await client()
    .post(url)
    .send({ image: pictures[4]?.toString('base64'), k: 2 });
  assert.deepEqual(json.body.results, body.results);
  const { embedding } = (
    await client()
      .post('/v1/embeddings')
      .attach('image', pictures[4] ?? '', 'q')
  ).body;
  const vector = await client().post(url).send({ vector: embedding, k: 2 });
  assert.deepEqual(vector.body.results[0].item.id, 'item-4');
  const item = await client().post(url).send({ itemId: 'item-4', group: 'item', k: 20 });
  assert.ok(item.body.results.every((result: { item: { id: string } }) => result.item.id !== 'item-4'));
});

test('options: filter, minimum score, exact, crop, paging to the end without repeats', async () => {
  const url = '/v1/collections/shop/search';
  const filter = { field: 'metadata.hue', gte: 120 };
  const filtered = await client()
    .post(url)
    .query({ k: 10, group: 'item' })
    .attach('image', pictures[0] ?? '', 'q')
    .field('filter', JSON.stringify(filter));
  assert.equal(filtered.body.results.length, 4, filtered.text);
  const strict = await client()
    .post(url)
    .attach('image', pictures[2] ?? '', 'q')
    .field('minScore', '0.99999');
  assert.deepEqual(
    strict.body.results.map((result: { item: { id: string } }) => result.item.id),
    ['item-2'],
  );
  const crop = JSON.stringify({ unit: 'fractions', left: 0, top: 0, width: 0.5, height: 0.5 });
  assert.equal(
    (
      await client()
        .post(url)
        .attach('image', pictures[2] ?? '', 'q')
        .field('crop', crop)
    ).status,
    200,
  );
  const seen: string[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const { body } = await client()
      .post(url)
      .send({ itemId: 'item-0', ownProduct: true, k: 2, group: 'item', exact: true, after });
    seen.push(...body.results.map((result: { item: { id: string } }) => result.item.id));
    after = body.next;
  }
  assert.deepEqual([seen.length, new Set(seen).size], [6, 6]);
});

test('items are listed in pages', async () => {
  const first = (await client().get('/v1/collections/shop/items').query({ limit: 4 })).body;
  const second = (await client().get('/v1/collections/shop/items').query({ limit: 4, after: first.next }))
    .body;
  const ids = [...first.items, ...second.items].map(({ id }: { id: string }) => id);
  assert.deepEqual(ids, [...ids].sort());
  assert.deepEqual([ids.length, second.next], [7, null]);
  const filter = JSON.stringify({ field: 'productId', equals: 'p-1' });
  assert.equal((await client().get('/v1/collections/shop/items').query({ filter })).body.items.length, 2);
});

test('health, metrics and the root say what is there', async () => {
  assert.equal((await client().get('/health/live')).status, 200);
  const ready = await client().get('/health/ready');
  assert.deepEqual([ready.status, ready.body.ready], [200, true]);
  const metrics = (await client().get('/metrics')).text;
  assert.match(metrics, /snapshelf_items\{collection="shop"\} 7/);
  const { memory } = (await client().get('/v1/collections/shop')).body;
  assert.ok(memory.vectors > 0 && memory.columns >= 0 && memory.index === 0, JSON.stringify(memory));
  assert.match(metrics, new RegExp(`snapshelf_vectors_bytes\\{collection="shop"\\} ${memory.vectors}`));
  assert.match(
    metrics,
    /snapshelf_http_request_duration_seconds_count\{method="POST",route="\/v1\/collections\/:collection\/search",status="200"\}/,
  );
  assert.match(metrics, /nodejs_eventloop_lag_p99_seconds/);
  assert.equal((await client().get('/')).body.name, 'snapshelf');
});

test('a deleted collection is gone and can be made anew with other settings', async () => {
  assert.equal((await client().delete('/v1/collections/shop')).status, 204);
  assertProblem(await client().get('/v1/collections/shop'), 404, 'collection-not-found');
  assert.equal((await client().put('/v1/collections/shop').send({ metric: 'l2' })).status, 201);
  assert.equal(
    (
      await client()
        .put(path('a'))
        .attach('image', pictures[0] ?? '', 'a')
    ).status,
    201,
  );
  const { body } = await client()
    .post('/v1/collections/shop/search')
    .attach('image', pictures[0] ?? '', 'q');
  assert.deepEqual([body.metric, body.results.length, body.results[0].distance < 1e-3], ['l2', 1, true]);
});
