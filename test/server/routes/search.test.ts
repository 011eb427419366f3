import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { combineVectors } from '../../../src/retrieval/combine-vectors.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
const pictures: Buffer[] = [];
const search = '/v1/collections/shop/search';
const post = (path: string, body: object) => request(api.app).post(path).send(body);
const base64 = (at: number): string => (pictures[at] as Buffer).toString('base64');

interface Result {
  readonly item: { readonly id: string };
  readonly score: number;
}
const ids = (results: readonly Result[]): string[] => results.map(({ item }) => item.id);

before(async () => {
  api = await openApi();
  const { retriever } = api;
  await retriever.createCollection('shop');
  await retriever.createCollection('flat', { metric: 'l2' });
  for (let i = 0; i < 6; i += 1) pictures.push(await stripes(10 + 40 * i, 4 + i));
  const items = pictures.map((image, i) => ({ id: `item-${i}`, image, productId: `product-${i % 3}` }));
  for (const collection of ['shop', 'flat']) await retriever.add(collection, items);
});
after(() => api.close());

test('several pictures and items with weights, in JSON and in a form: the combined vector of the library', async () => {
  const weights = [1, 0.5, -0.25];
  for (const [collection, metric] of [
    ['shop', 'cosine'],
    ['flat', 'l2'],
  ] as const) {
    const vectors = await Promise.all(
      [0, 4, 2].map((i) => api.retriever.gallery.vector(collection, `item-${i}`)),
    );
    const vector = combineVectors(
      vectors.map((one, i) => ({ vector: one, weight: weights[i] })),
      { metric },
    );
    const path = `/v1/collections/${collection}/search`;
    const options = { k: 10, group: 'item', exclude: ['item-2'] };
    const wanted = await post(path, { vector: [...vector], ...options });
    const images = [base64(0), base64(4)];
    const parts = { imageWeights: weights.slice(0, 2), itemIds: ['item-2'], itemWeights: [weights[2]] };
    const json = await post(path, { images, ...parts, ownProduct: true, ...options });
    assert.equal(json.status, 200, json.text);
    assert.deepEqual(ids(json.body.results), ids(wanted.body.results));
    const form = request(api.app).post(path);
    for (const at of [0, 4]) form.attach('images', pictures[at] as Buffer, `${at}.png`);
    for (const [name, value] of Object.entries({ ...parts, ownProduct: true, exclude: ['item-2'], k: 10 }))
      form.field(name, JSON.stringify(value));
    const sent = await form.field('group', 'item');
    assert.deepEqual(ids(sent.body.results), ids(json.body.results), sent.text);
    json.body.results.forEach(({ score }: Result, i: number) => {
      assert.ok(Math.abs(score - wanted.body.results[i].score) < 1e-4, `${score}`);
    });
  }
});

test('items of a query are no answers; of their products, unless they are asked for, neither', async () => {
  const own = await post(search, { itemIds: ['item-0', 'item-1'], group: 'item', ownProduct: true });
  assert.deepEqual(ids(own.body.results).sort(), ['item-2', 'item-3', 'item-4', 'item-5']);
  const others = await post(search, { itemIds: ['item-0', 'item-1'], group: 'item' });
  assert.deepEqual(ids(others.body.results).sort(), ['item-2', 'item-5']);
  const exclude = Array.from({ length: 1000 }, (_, i) => `none-${i}`);
  assert.equal((await post(search, { itemIds: ['item-0', 'item-1'], exclude })).status, 200);
});

test('a query that cannot be combined, or is not one, is a 400 that says why', async () => {
  const images = [base64(0), base64(1)];
  const invalid: readonly [object, RegExp][] = [
    [{ images, imageWeights: [1] }, /imageWeights has 1 entry, but images has 2/],
    [{ images, imageWeights: [1, 0] }, /other than 0/],
    [{ images, imageWeights: [1, 1001] }, /imageWeights\.1/],
    [{ images, crops: [null] }, /crops has 1 entry/],
    [{ images: [] }, /images/],
    [{ itemIds: [] }, /itemIds/],
    [{ itemIds: ['item-0'], itemWeights: [1, 1] }, /itemWeights has 2 entries/],
    [{ itemWeights: [1] }, /itemIds has 0/],
    [{ images: Array.from({ length: 17 }, () => base64(0)) }, /images/],
    [{ images, itemIds: Array.from({ length: 15 }, () => 'item-0') }, /17 pictures and items/],
    [{ images, image: base64(0) }, /not several/],
    [{ images, ownProduct: true }, /ownProduct/],
  ];
  for (const [body, message] of invalid) {
    const answer = await post(search, body);
    assertProblem(answer, 400, 'request-invalid');
    assert.match(answer.body.detail, message);
  }
  const cancelled = { images: [base64(0), base64(0)], imageWeights: [1, -1] };
  assertProblem(await post(search, cancelled), 400, 'query-invalid');
  assertProblem(
    await post('/v1/collections/flat/search', { images, imageWeights: [1, -2] }),
    400,
    'query-invalid',
  );
  assertProblem(await post(search, { itemIds: ['item-0', 'none'] }), 404, 'item-not-found');
  const bad = await post(search, { images: [base64(0), Buffer.from('no picture').toString('base64')] });
  assertProblem(bad, 415, 'image-unsupported');
  assert.match(bad.body.detail, /^Picture 2 of the query/);
});

test('a batch of searches: each has the answer that it has alone, or an error of its own', async () => {
  const searches = [
    { itemId: 'item-0', k: 2 },
    { itemId: 'none' },
    { image: base64(3), group: 'item' },
    { vector: [1, 2] },
    { images: [base64(0), base64(0)], imageWeights: [1, -1] },
    { images: [base64(0), base64(1)], imageWeights: [1] },
    {},
  ];
  const { status, body } = await post(`${search}/batch`, { searches });
  assert.equal(status, 200);
  const statuses = body.results.map((result: { status: number }) => result.status);
  assert.deepEqual([statuses, body.failed], [[200, 404, 200, 400, 400, 400, 400], 5]);
  const codes = body.results.map((result: { error?: { code: string } }) => result.error?.code);
  assert.deepEqual(codes.slice(3), [
    'dimension-mismatch',
    'query-invalid',
    'request-invalid',
    'image-missing',
  ]);
  for (const at of [0, 2]) {
    const alone = await post(search, searches[at] as object);
    const { status: _, timings: _t, ...page } = body.results[at];
    const { timings: _a, ...wanted } = alone.body;
    assert.deepEqual(page, wanted);
  }
  assertProblem(await post(`${search}/batch`, { searches: [] }), 400, 'request-invalid');
  assertProblem(await post(`${search}/batch`, { searches: [{ k: 0 }] }), 400, 'request-invalid');
  const many = Array.from({ length: 65 }, () => ({ itemId: 'item-0' }));
  assertProblem(await post(`${search}/batch`, { searches: many }), 400, 'request-invalid');
  const none = await post('/v1/collections/none/search/batch', { searches });
  assertProblem(none, 404, 'collection-not-found');
});

test('two pictures are compared, as files or in base64', async () => {
  const same = await post('/v1/compare', { images: [base64(0), base64(0)], collection: 'shop' });
  assert.deepEqual([same.status, same.body.identical, same.body.metric], [200, true, 'cosine']);
  assert.ok(same.body.score > 0.999);
  const form = request(api.app)
    .post('/v1/compare')
    .attach('images', pictures[0] as Buffer, 'a.png');
  const files = await form.attach('images', pictures[1] as Buffer, 'b.png').field('collection', 'flat');
  assert.deepEqual([files.status, files.body.identical, files.body.metric], [200, false, 'l2']);
  assertProblem(await post('/v1/compare', { images: [base64(0)] }), 400, 'request-invalid');
  assertProblem(await post('/v1/compare', {}), 400, 'image-missing');
  assertProblem(
    await post('/v1/compare', { images: [base64(0), base64(1)], collection: 'none' }),
    404,
    'collection-not-found',
  );
});

test('duplicates of an item: by a score, the same bytes told apart', async () => {
  await api.retriever.add('shop', [{ id: 'item/copy', image: pictures[5] as Buffer }]);
  const of = (id: string, collection = 'shop') =>
    request(api.app).get(`/v1/collections/${collection}/items/${encodeURIComponent(id)}/duplicates`);
  const { status, body } = await of('item/copy').query({ limit: 1 });
  assert.equal(status, 200);
  assert.deepEqual(
    [body.item.id, ids(body.duplicates), body.duplicates[0].identical],
    ['item/copy', ['item-5'], true],
  );
  assertProblem(await of('none'), 404, 'item-not-found');
  assertProblem(await of('item-0').query({ threshold: 0 }), 400, 'request-invalid');
  assertProblem(await of('item-0', 'flat'), 400, 'request-invalid');
  assert.equal((await of('item-0', 'flat').query({ threshold: 0.9 })).status, 200);
  await api.retriever.delete('shop', { ids: ['item/copy'] });
});

test('facets: of what passes a filter, by value and by range, per product or item, alone and beside a search', async () => {
  const fields = [{ field: 'metadata.tags' }, { field: 'metadata.price', ranges: [20] }];
  await api.retriever.update(
    'shop',
    pictures.map((_, i) => ({
      id: `item-${i}`,
      metadata: { price: 10 * i, tags: i < 4 ? ['wool', `t${i}`] : [] },
    })),
  );
  const filter = { field: 'metadata.price', lt: 50 };
  const facets = '/v1/collections/shop/facets';
  const perItem = await post(facets, { fields, filter, group: 'item' });
  assert.equal(perItem.status, 200, perItem.text);
  const tags = ['t0', 't1', 't2', 't3'].map((value) => ({ value, count: 1 }));
  const ranges = (below: number, above: number): object[] => [
    { from: null, to: 20, count: below },
    { from: 20, to: null, count: above },
  ];
  assert.deepEqual(perItem.body, {
    fields: [
      { field: 'metadata.tags', values: [{ value: 'wool', count: 4 }, ...tags], others: 0, missing: 1 },
      { field: 'metadata.price', values: [], others: 0, ranges: ranges(2, 3), missing: 0 },
    ],
    total: 5,
  });
  const perProduct = await post(facets, {
    fields: [{ field: 'metadata.tags', limit: 1 }, fields[1]],
    filter,
  });
  assert.deepEqual(perProduct.body.fields[0].values, [{ value: 'wool', count: 3 }]);
  assert.equal(perProduct.body.fields[0].others, 4);
  assert.deepEqual(perProduct.body.fields[1].ranges, ranges(2, 3));
  assert.equal(perProduct.body.total, 3);
  const query = { itemId: 'item-0', ownProduct: true, k: 1, group: 'item', filter };
  const whole = await post(search, { ...query, facets: { fields } });
  assert.deepEqual(whole.body.facets, perItem.body);
  const near = await post(search, { ...query, facets: { fields, nearest: 2 } });
  const nearest = await post(search, { ...query, k: 2 });
  assert.equal(near.body.facets.total, 2);
  assert.equal(near.body.results.length, 1);
  const prices = nearest.body.results.map(
    (one: { item: { metadata: { price: number } } }) => one.item.metadata.price,
  );
  const below = prices.filter((price: number) => price < 20).length;
  assert.deepEqual(near.body.facets.fields[1].ranges, ranges(below, 2 - below));
});

test('facets: what cannot be counted is refused, and a field that nobody has is missing everywhere', async () => {
  const path = '/v1/collections/shop/facets';
  for (const fields of [
    [],
    [{ field: 'price' }],
    [{ field: 'label', ranges: [2, 1] }],
    [{ field: 'label', limit: 0 }],
  ]) {
    const { status, body } = await post(path, { fields });
    assert.ok([400, 422].includes(status), JSON.stringify(body));
  }
  const { body } = await post(path, {
    fields: [{ field: 'metadata.none' }, { field: 'metadata.none', ranges: 4 }],
  });
  assert.deepEqual(body.fields, [
    { field: 'metadata.none', values: [], others: 0, missing: 3 },
    { field: 'metadata.none', values: [], others: 0, ranges: [], missing: 3 },
  ]);
});

test('a field in the query string and in the body is refused, whichever is right, in every operation', async () => {
  const both = async (path: string, method: 'post' | 'put' | 'patch', body: object) => {
    const answer = await request(api.app)[method](path).send(body);
    assertProblem(answer, 400, 'request-invalid');
    return answer.body.errors.map(({ field }: { field: string }) => field);
  };
  const query = { itemId: 'item-0' };
  for (const k of [3, 4, 1001])
    assert.deepEqual(await both(`${search}?k=${k}&exact=true`, 'post', { ...query, k: 3 }), ['k']);
  const filter = { field: 'label', equals: 'mug' };
  const twice = `k=1&filter=${encodeURIComponent(JSON.stringify(filter))}`;
  assert.deepEqual(await both(`${search}?${twice}`, 'post', { ...query, filter, k: 1 }), ['k', 'filter']);
  const item = '/v1/collections/shop/items/item-0';
  assert.deepEqual(await both(`${item}?label=cup`, 'patch', { label: 'mug' }), ['label']);
  assert.deepEqual(await both(`${item}?label=mug`, 'put', { image: base64(0), label: 'mug' }), ['label']);
  assert.deepEqual(await both('/v1/collections/new?metric=l2', 'put', { metric: 'l2' }), ['metric']);
  const form = request(api.app)
    .post(`${search}?k=2`)
    .attach('image', pictures[0] as Buffer, '0.png');
  assertProblem(await form.field('k', '2'), 400, 'request-invalid');
  assertProblem(await post(`${search}?k=1001`, query), 400, 'request-invalid');
  assert.equal((await post(`${search}?k=2`, { ...query, group: 'item' })).body.results.length, 2);
});

test('expand, rerank and views change the order in JSON, in a form and in a batch, and the answer says so', async () => {
  const options = { expand: { n: 2, alpha: 1 }, rerank: { depth: 5, k1: 3 }, k: 5, group: 'item' };
  const json = await post(search, { image: base64(1), ...options });
  assert.equal(json.status, 200, json.text);
  assert.deepEqual([json.body.ranking, json.body.next], [{ expandedBy: 2, depth: 5 }, null]);
  const distances: number[] = json.body.results.map(
    (result: { rerankDistance: number }) => result.rerankDistance,
  );
  assert.deepEqual(
    distances,
    distances.toSorted((a, b) => a - b),
  );
  const form = request(api.app)
    .post(search)
    .attach('image', pictures[1] as Buffer, '1.png');
  for (const [name, value] of Object.entries({ expand: options.expand, rerank: options.rerank, k: 5 }))
    form.field(name, JSON.stringify(value));
  assert.deepEqual(ids((await form.field('group', 'item')).body.results), ids(json.body.results));
  const batch = await post(`${search}/batch`, {
    searches: [
      { image: base64(1), ...options },
      { itemId: 'item-0', views: 'mean', ownProduct: true },
      { itemId: 'item-0', views: 'mean', rerank: {} },
    ],
  });
  const [first, second, third] = batch.body.results;
  assert.deepEqual(ids(first.results), ids(json.body.results));
  assert.deepEqual(second.ranking, { depth: 5 });
  assert.equal(third.error.code, 'query-invalid');
  assertProblem(await post(search, { image: base64(1), rerank: { depth: 501 } }), 400, 'request-invalid');
  assertProblem(
    await post('/v1/collections/flat/search', { image: base64(1), expand: {} }),
    400,
    'query-invalid',
  );
});

test('crop auto answers the box, which may be sent in its place, in every form of a search', async () => {
  const found = await post(search, { image: base64(1), crop: 'auto', group: 'item' });
  assert.equal(found.status, 200, found.text);
  const { crop } = found.body;
  assert.equal(crop.unit, 'pixels');
  const given = await post(search, { image: base64(1), crop, group: 'item' });
  assert.deepEqual(given.body.results, found.body.results);
  assert.equal(given.body.crop, undefined);
  const form = await request(api.app)
    .post(search)
    .attach('image', pictures[1] as Buffer, '1.png')
    .field('crop', 'auto')
    .field('group', 'item');
  assert.deepEqual([form.body.crop, form.body.results], [crop, found.body.results]);
  const images = [base64(1), base64(2)];
  const several = await post(search, { images, crops: ['auto', null] });
  assert.deepEqual(several.body.crops, [crop, null]);
  const batch = await post(`${search}/batch`, { searches: [{ image: base64(1), crop: 'auto' }] });
  assert.deepEqual(batch.body.results[0].crop, crop);
  const embedded = await post('/v1/embeddings', { image: base64(1), crop: 'auto', collection: 'shop' });
  assert.deepEqual(embedded.body.crop, crop);
  const compared = await post('/v1/compare', { images, crops: ['auto', null], collection: 'shop' });
  assert.deepEqual(compared.body.crops, [crop, null]);
  for (const bad of ['middle', { left: 'a' }, 5]) {
    const answer = await post(search, { image: base64(1), crop: bad });
    assertProblem(answer, 400, 'request-invalid');
    assert.match(answer.body.detail, /"crop": Expected "auto", or a box/);
  }
});

test('a match is explained by a map of each picture, of a form, of JSON and of an item', async () => {
  const explain = `${search}/explain`;
  const { body, status, text } = await post(explain, { image: base64(0), match: 'item-1' });
  assert.equal(status, 200, text);
  for (const map of [body.query, body.match]) {
    const values = map.rows.flat();
    assert.deepEqual([values.length, Math.min(...values), Math.max(...values)], [4, 0, 1]);
  }
  const form = await request(api.app)
    .post(explain)
    .attach('image', pictures[0] as Buffer, '0.png')
    .field('match', 'item-1')
    .field('crop', 'auto');
  assert.equal(form.status, 200, form.text);
  assert.ok(form.body.crop);
  const ofItem = await post(explain, { itemId: 'item-0', match: 'item-1' });
  assert.deepEqual(ofItem.body.match, body.match);
  for (const bad of [
    { match: 'item-1' },
    { image: base64(0) },
    { image: base64(0), itemId: 'item-0', match: 'item-1' },
    { itemId: 'item-0', crop: 'auto', match: 'item-1' },
  ])
    assert.equal((await post(explain, bad)).status, 400, JSON.stringify(Object.keys(bad)));
  assertProblem(await post(explain, { itemId: 'none', match: 'item-1' }), 404, 'item-not-found');
});
