// slow: takes seconds
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
let pictures: Buffer[];
const shop = '/v1/collections/shop';
const client = () => request(api.app);
const item = (id: string): string => `${shop}/items/${encodeURIComponent(id)}`;

const batch = (entries: readonly object[], fields: Readonly<Record<string, string>> = {}) => {
  const sent = client().post(`${shop}/items/batch`).field('items', JSON.stringify(entries)).field(fields);
  for (const [i] of entries.entries()) sent.attach('images', pictures[i % pictures.length] ?? '', 'x.jpg');
  return sent;
};
const ids = ['a', 'b', 'c', 'd'];

before(async () => {
  api = await openApi();
  pictures = await Promise.all(ids.map((_, i) => stripes(60 * i, 5 + i)));
  await client().put(shop).send({}).expect(201);
  const entries = ids.map((id, i) => ({
    id,
    productId: `p${i >> 1}`,
    label: 'x',
    metadata: { price: i, old: true },
  }));
  const { body } = await batch(entries).expect(200);
  assert.deepEqual([body.stored, body.added, body.replaced, body.unchanged], [4, 4, [], 0]);
});
after(() => api.close());

test('a batch tells what is new, replaced and unchanged', async () => {
  const again = ids.map((id, i) => ({
    id,
    productId: `p${i >> 1}`,
    label: i === 1 ? 'y' : 'x',
    metadata: { price: i, old: true },
  }));
  const { body } = await batch(again).expect(200);
  assert.deepEqual([body.added, body.replaced, body.unchanged], [0, ['b'], 3]);
  assert.deepEqual(
    body.results.map(({ change }: { change: string }) => change),
    ['unchanged', 'replaced', 'unchanged', 'unchanged'],
  );
  const put = await client()
    .put(item('b'))
    .attach('image', pictures[1] ?? '', 'b.jpg')
    .field({ label: 'x', productId: 'p0' });
  assert.deepEqual([put.status, put.body.change], [200, 'replaced']);
  const patched = await client()
    .patch(item('b'))
    .send({ metadata: { price: 1, old: true } });
  assert.equal(patched.body.change, 'updated', patched.text);
});

test('PATCH merges the fields of an item: null removes, what is left out stays, the picture stays', async () => {
  const before = await client()
    .get(`${item('a')}/image`)
    .expect(200);
  const { body } = await client()
    .patch(item('a'))
    .set('Content-Type', 'application/merge-patch+json')
    .send(JSON.stringify({ label: null, metadata: { old: null, size: 'L' } }))
    .expect(200);
  assert.deepEqual(
    [body.label, body.productId, body.metadata, body.change],
    [null, 'p0', { price: 0, size: 'L' }, 'updated'],
  );
  assert.deepEqual((await client().get(`${item('a')}/image`)).body, before.body);
  assert.equal((await client().patch(item('a')).send({ label: null }).expect(200)).body.change, 'unchanged');
  const own = await client().patch(item('a')).send({ productId: null, split: 'query' }).expect(200);
  assert.deepEqual([own.body.productId, own.body.split], ['a', 'query']);
  await client().patch(item('a')).send({ productId: 'p0', split: null, label: 'x' }).expect(200);
  assertProblem(await client().patch(item('none')).send({ label: 'x' }), 404, 'item-not-found');
  for (const body of [{ image: 'x' }, { label: 1.5 }, { metadata: [] }, { metadata: null }, { id: 'b' }, []])
    assert.equal((await client().patch(item('a')).send(body)).status, 400, JSON.stringify(body));
});

test('PATCH of several: all or none, each id once', async () => {
  const patch = (items: unknown, more: object = {}) =>
    client()
      .patch(`${shop}/items`)
      .send({ items, ...more });
  const { body } = await patch([
    { id: 'a', label: 'z' },
    { id: 'b', metadata: { price: 1 } },
  ]).expect(200);
  assert.deepEqual([body.updated, body.unchanged, body.items.length], [1, 1, 2]);
  assertProblem(
    await patch([
      { id: 'a', label: 'q' },
      { id: 'none', label: 'q' },
    ]),
    404,
    'item-not-found',
  );
  assertProblem(await patch([{ id: 'a' }, { id: 'a' }]), 400, 'request-invalid');
  assert.equal((await patch([])).status, 400);
  assert.equal((await client().get(item('a'))).body.label, 'z');
  await patch([{ id: 'a', label: 'x' }]).expect(200);
});

test('blanks at the ends of ids, labels and product ids are removed and told, in JSON and in forms', async () => {
  const at = '/v1/collections/blanks';
  await client().put(at).send({}).expect(201);
  const entries = [
    { id: ' n1\u00a0', label: 'shirt ' },
    { id: 'n2', productId: '\tp\u200b', label: 'a b' },
  ];
  const sent = client().post(`${at}/items/batch`).field('items', JSON.stringify(entries));
  for (const picture of pictures.slice(0, 2)) sent.attach('images', picture, 'x.jpg');
  const { body } = await sent.expect(200);
  assert.deepEqual(body.notes, [
    'Removed the blanks at the ends of 3 texts, the first items[0].id: " n1\\u{a0}".',
  ]);
  type Result = { id: string; item: { id: string; label: string; productId: string } };
  assert.deepEqual(
    body.results.map(({ id, item: { id: stored, label, productId } }: Result) => [
      id,
      stored,
      label,
      productId,
    ]),
    [
      [' n1\u00a0', 'n1', 'shirt', 'n1'],
      ['n2', 'n2', 'a b', 'p'],
    ],
  );
  const twice = client().post(`${at}/items/batch`);
  twice.field('items', JSON.stringify([{ id: 'm' }, { id: 'm ' }]));
  for (const picture of pictures.slice(0, 2)) twice.attach('images', picture, 'x.jpg');
  assertProblem(await twice, 400, 'request-invalid');

  const put = (fields: Readonly<Record<string, string>>) =>
    client()
      .put(`${at}/items/n3`)
      .attach('image', pictures[2] ?? '', 'x.jpg')
      .field(fields);
  const formed = await put({ label: ' hat', productId: 'q ' }).expect(201);
  assert.deepEqual([formed.body.label, formed.body.productId], ['hat', 'q']);
  assert.match(formed.body.notes.join(), /of 2 texts, the first productId: "q "\.$/);
  assert.equal((await put({ label: 'hat', productId: 'q' }).expect(200)).body.notes, undefined);
  assertProblem(await put({ productId: ' ' }), 400, 'item-invalid');
  const image = pictures[3]?.toString('base64');
  const inJson = await client().put(`${at}/items/n4`).send({ image, label: 'cap\n' }).expect(201);
  assert.deepEqual([inJson.body.label, inJson.body.notes.length], ['cap', 1]);
  const patched = await client().patch(`${at}/items/n4`).send({ label: ' x', productId: null }).expect(200);
  assert.deepEqual([patched.body.label, patched.body.productId, patched.body.notes.length], ['x', 'n4', 1]);
  const items = [{ id: 'n3', label: 'y ' }];
  const several = await client().patch(`${at}/items`).send({ items }).expect(200);
  assert.match(several.body.notes.join(), /of 1 text, items\[0\]\.label: "y "\.$/);
  assert.equal(several.body.items[0].label, 'y');
  // An id in an address, or of a change, is the one that was sent.
  const spaced = await client()
    .put(`${at}/items/%20n5`)
    .attach('image', pictures[0] ?? '', 'x.jpg');
  assert.deepEqual([spaced.status, spaced.body.id, spaced.body.notes], [201, ' n5', undefined]);
  await client().delete(`${at}/items/%20n5`).expect(204);
  assertProblem(await client().get(`${at}/items/n3%20`), 404, 'item-not-found');
  assertProblem(
    await client()
      .patch(`${at}/items`)
      .send({ items: [{ id: 'n3 ' }] }),
    404,
    'item-not-found',
  );
});

test('a field has one type: the collection shows it, a change is told, strict refuses it', async () => {
  assert.equal((await client().get(shop)).body.fields.price, 'number');
  const strict = { metadata: { price: 'dear' }, strict: true };
  const refused = await client().patch(item('c')).send(strict);
  assert.equal(refused.body.code, 'field-type-mismatch', refused.text);
  const inBatch = await batch([{ id: 'e', metadata: { price: 'dear' } }], { strict: 'true' });
  assert.ok(
    inBatch.status === 200 ? inBatch.body.failed === 1 : inBatch.body.code === 'field-type-mismatch',
    inBatch.text,
  );
  assertProblem(await client().get(item('e')), 404, 'item-not-found');
  assert.equal((await client().get(shop)).body.fields.price, 'number');
  const { body } = await client()
    .patch(item('c'))
    .send({ metadata: { price: 'dear' } })
    .expect(200);
  assert.deepEqual(body.widened, [{ field: 'price', from: 'number' }]);
  assert.equal((await client().get(shop)).body.fields.price, 'text');
});

const search = async (
  options: object,
): Promise<{ ids: string[]; body: { total: number; hidden: number } }> => {
  const answer = await client()
    .post(`${shop}/search`)
    .send({ exact: true, ...options });
  assert.equal(answer.status, 200, answer.text);
  return {
    ids: answer.body.results.map(({ item: { id } }: { item: { id: string } }) => id).sort(),
    body: answer.body,
  };
};

test('more like this leaves out the product; items and products can be left out; totals are told', async () => {
  assert.deepEqual((await search({ itemId: 'a', group: 'item' })).ids, ['c', 'd']);
  assert.deepEqual((await search({ itemId: 'a', group: 'item', ownProduct: true })).ids, ['b', 'c', 'd']);
  const image = pictures[0]?.toString('base64');
  assert.deepEqual((await search({ image, group: 'item', exclude: ['a'], excludeProducts: ['p1'] })).ids, [
    'b',
  ]);
  const all = await search({ image, group: 'product' });
  assert.deepEqual([all.body.total, all.ids.length], [4, 2]);
  const one = await search({ image, filter: { field: 'productId', equals: 'p1' }, group: 'item' });
  assert.deepEqual([one.body.total, one.ids], [2, ['c', 'd']]);
  await search({ image, sort: [{ field: 'metadata.price', order: 'desc' }] });
  assert.equal((await client().post(`${shop}/search`).send({ image, ownProduct: true })).status, 400);
  assert.equal(
    (
      await client()
        .post(`${shop}/search`)
        .send({ image, sort: [{ by: 'x' }] })
    ).status,
    400,
  );
});

test('items are deleted by list, filter or product, and counted', async () => {
  const remove = (body: object) => client().post(`${shop}/items/delete`).send(body);
  for (const body of [{}, { ids: ['a'], productId: 'p0' }, { ids: 'a' }, { all: true }])
    assertProblem(await remove(body), 400, 'request-invalid');
  assertProblem(await remove({ filter: { nonsense: 1 } }), 400, 'filter-invalid');
  assert.equal((await client().get(shop)).body.items, 4);
  const everything = await remove({ filter: { and: [] } });
  assert.deepEqual([everything.status, everything.body.code], [400, 'filter-invalid']);
  assert.deepEqual((await remove({ ids: ['a', 'none'] })).body, { deleted: 1 });
  assert.deepEqual((await remove({ filter: { field: 'id', equals: 'b' } })).body, { deleted: 1 });
  assert.deepEqual((await remove({ productId: 'p1' })).body, { deleted: 2 });
  assert.deepEqual((await remove({ productId: 'p1' })).body, { deleted: 0 });
  assert.equal((await client().get(shop)).body.items, 0);
});

test('a whole number as an id, a label or a product is its digits, however long', async () => {
  const image = pictures[0]?.toString('base64');
  const long = '12345678901234567890';
  const put = await client()
    .put(item('n'))
    .set('Content-Type', 'application/json')
    .send(`{"image": "${image}", "label": ${long}, "productId": 7}`);
  assert.deepEqual([put.status, put.body.label, put.body.productId], [201, long, '7'], put.text);
  const patched = await client().patch(item('n')).send({ label: 5, productId: 8 }).expect(200);
  assert.deepEqual([patched.body.label, patched.body.productId], ['5', '8']);
  const two = await batch([
    { id: 1, label: 5 },
    { id: 2, productId: 8 },
  ]).expect(200);
  assert.deepEqual([two.body.stored, two.body.results[0].item.label], [2, '5']);
  await client()
    .patch(`${shop}/items`)
    .send({ items: [{ id: 1, label: 6 }] })
    .expect(200);
  assert.deepEqual((await search({ itemId: 1, group: 'item' })).ids, ['2', 'n']);
  assert.deepEqual((await search({ itemId: 1, group: 'item', exclude: [2] })).ids, ['n']);
  assert.deepEqual((await search({ itemId: 1, group: 'item', excludeProducts: [8] })).ids, []);
  assertProblem(await client().patch(item('n')).send({ label: 1.5 }), 400, 'request-invalid');
  const remove = (body: object) => client().post(`${shop}/items/delete`).send(body).expect(200);
  assert.deepEqual((await remove({ ids: [1] })).body, { deleted: 1 });
  assert.deepEqual((await remove({ productId: 8 })).body, { deleted: 2 });
});
