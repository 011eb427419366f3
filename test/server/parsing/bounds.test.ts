// slow: takes seconds
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { createApp, defaultLimits } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
let picture: Buffer;
let server: Server;
const shop = '/v1/collections/shop';
const client = () => request(server);

before(async () => {
  api = await openApi();
  server = createServer(api.app).listen(0);
  picture = await stripes(10, 5);
  await client().put(shop).send({});
  await client().put(`${shop}/items/one`).attach('image', picture, 'one.jpg').expect(201);
});
after(async () => {
  server.close();
  await api.close();
});

const put = (body: string) =>
  client().put(`${shop}/items/new`).set('Content-Type', 'application/json').send(body);
const search = (body: string) =>
  client().post(`${shop}/search`).set('Content-Type', 'application/json').send(body);
const repeat = (part: string, times: number): string => part.repeat(times);

test('a large body is read in another thread, and the picture in it is the same', async () => {
  // What follows the end of a JPEG is no part of it.
  const large = Buffer.concat([picture, Buffer.alloc(1_500_000, 7)]);
  const metadata = { a: [1, { b: 'é' }] };
  const body = JSON.stringify({ image: large.toString('base64'), label: 'x', metadata });
  const { body: item } = await put(body).expect(201);
  assert.deepEqual([item.label, item.metadata], ['x', metadata]);
  const answer = await client().get(item.links.image).expect(200);
  assert.ok(large.equals(answer.body));
  await client().delete(item.links.self).expect(204);
});

const bombs: Readonly<Record<string, () => request.Test>> = {
  'empty arrays as metadata, large': () => put(`{"metadata":{"a":[${repeat('[],', 500_000)}[]]}}`),
  'empty arrays as metadata, small': () => put(`{"metadata":{"a":[${repeat('[],', 2000)}[]]}}`),
  'numbers beyond all numbers as a vector': () => search(`{"vector":[${repeat('1e400,', 200_000)}1]}`),
  'too many numbers as a vector': () => search(`{"vector":[${repeat('1,', 16_384)}1]}`),
  'ten thousand fields': () => search(`{${Array.from({ length: 10_000 }, (_, at) => `"k${at}":1`).join()}}`),
  'a key of a megabyte': () => search(`{"${repeat('k', 1e6)}":1}`),
  'a text of a megabyte': () => search(`{"itemId":"${repeat('k', 1e6)}"}`),
  'a base64 that is none': () => put(`{"image":"${repeat('A', 1e6)}%"}`),
  'a list that never ends': () => search(`{"vector":[${repeat('1,', 100_000)}`),
  'a filter of 40 lists of 1,000': () =>
    search(
      JSON.stringify({
        itemId: 'one',
        filter: { or: Array(40).fill({ field: 'label', in: Array(1000).fill('x') }) },
      }),
    ),
  'a large filter': () =>
    search(
      JSON.stringify({ itemId: 'one', filter: { field: 'label', in: Array(70).fill(repeat('x', 4000)) } }),
    ),
  'a large field': () =>
    client()
      .post(`${shop}/search`)
      .attach('image', picture, 'a')
      .field('filter', `[${repeat('[],', 60_000)}[]]`),
  'many fields of a form': () => {
    const form = client().post(`${shop}/search`).attach('image', picture, 'a');
    for (let at = 0; at < 20; at += 1) form.field(`f${at}`, `[${repeat('[],', 30_000)}[]]`);
    return form;
  },
  'items that are none': () =>
    client()
      .post(`${shop}/items/batch`)
      .attach('images', picture, 'a')
      .field('items', `[${repeat('{},', 900)}{}]`),
  'a million items': () =>
    client()
      .post(`${shop}/items/batch`)
      .attach('images', picture, 'a')
      .field('items', `[${repeat('{},', 1e6)}{}]`),
  'JSON in the query string': () =>
    client()
      .get(`${shop}/items`)
      .query({ filter: `${repeat('[', 100)}${repeat(']', 100)}` }),
  'a key __proto__ in the query string': () => client().get(`${shop}/items`).query('__proto__=1'),
  'an escaped __proto__': () => search('{"itemId":"one","\\u005f_proto__":{}}'),
  'bytes that are no UTF-8': () =>
    client()
      .post(`${shop}/search`)
      .set('Content-Type', 'application/json')
      .serialize((body) => body)
      .send(Buffer.from('{"itemId":"\xff"}', 'latin1') as unknown as string),
};
for (const [name, send] of Object.entries(bombs))
  test(`a 400 or 413 of few words: ${name}`, async () => {
    const answer = await send();
    assert.ok(answer.status === 400 || answer.status === 413, `${answer.status} ${answer.text}`);
    assertProblem(answer, answer.status, answer.body.code);
    assert.ok(answer.text.length < 10_000, `${answer.text.length}`);
    assert.ok((answer.body.errors?.length ?? 0) <= 20);
  });

test('twenty problems are told, no more', async () => {
  const answer = await search(JSON.stringify({ vector: Array(1000).fill('x') }));
  assert.equal(answer.body.errors.length, 20);
  assert.deepEqual(answer.body.errors[19], { field: 'vector.19', message: 'Expected a finite number' });
  const small = await client()
    .post(`${shop}/items/batch`)
    .attach('images', picture, 'a')
    .field('items', JSON.stringify(Array(100).fill({ id: true })));
  assert.equal(small.body.errors.length, 20);
});

test('what is at a limit is taken', async () => {
  const metadata = Object.fromEntries(Array.from({ length: 999 }, (_, at) => [`k${at}`, repeat('x', 54)]));
  const image = picture.toString('base64');
  await put(JSON.stringify({ image, metadata })).expect(201);
  await client()
    .put(`${shop}/items/new`)
    .attach('image', picture, 'a')
    .field('metadata', JSON.stringify(metadata))
    .expect(200);
  const lists = Array.from({ length: 10 }, (_, list) => ({
    field: 'metadata.k1',
    in: Array.from({ length: 1000 }, (_, at) => `${list} ${at} ${repeat('x', 10)}`),
  }));
  const filter = { or: [...lists, { field: 'id', equals: 'one' }] };
  const { body } = await search(JSON.stringify({ itemId: 'new', filter })).expect(200);
  assert.equal(body.results.length, 1);
  const vector = Array(16_384).fill(0.5);
  assertProblem(await search(JSON.stringify({ vector })), 400, 'dimension-mismatch');
  const items = Array.from({ length: 64 }, (_, at) => ({ id: `b${at}`, file: `${at}`, metadata }));
  const batch = client().post(`${shop}/items/batch`).field('items', JSON.stringify(items));
  for (const { file } of items) batch.attach('images', picture, file);
  const answer = await batch.expect(200);
  assert.equal(answer.body.stored, 64, answer.text.slice(0, 500));
  assert.deepEqual(answer.body.results[63].item.metadata, metadata);
});

test('one value more than 1,000 is refused, in JSON as in a form', async () => {
  const metadata = { a: Array(999).fill(1) };
  const image = picture.toString('base64');
  assertProblem(await put(JSON.stringify({ image, metadata })), 400, 'item-invalid');
  const form = client().put(`${shop}/items/new`).attach('image', picture, 'a');
  assertProblem(await form.field('metadata', JSON.stringify(metadata)), 400, 'item-invalid');
  const items = [
    { id: 'bad', file: 'b', metadata },
    { id: 'good', file: 'a' },
  ];
  const batch = client().post(`${shop}/items/batch`).field('items', JSON.stringify(items));
  const { body } = await batch.attach('images', picture, 'a').attach('images', picture, 'b').expect(200);
  assert.deepEqual([body.stored, body.results[0].error.code], [1, 'item-invalid']);
});

test('JSON is UTF-8, with a byte order mark or without; forms are not compressed either', async () => {
  const post = (type: string, body: string, encoding?: string) => {
    const sent = client().post(`${shop}/search`).set('Content-Type', type);
    return (encoding === undefined ? sent : sent.set('Content-Encoding', encoding)).send(body);
  };
  await post('application/json', '\ufeff{"itemId":"one"}').expect(200);
  await post('application/json; charset=UTF-8', '{"itemId":"one"}').expect(200);
  await post('application/json; charset="utf-8"', '{"itemId":"one"}').expect(200);
  for (const charset of ['iso-8859-1', 'utf-16', 'utf-7', '""'])
    assertProblem(
      await post(`application/json; charset=${charset}`, '{"itemId":"one"}'),
      415,
      'media-type-unsupported',
    );
  assertProblem(
    await post('multipart/form-data; boundary=x', '--x--', 'gzip'),
    415,
    'media-type-unsupported',
  );
  await post('application/json', '{"itemId":"one"}', 'identity').expect(200);
});

test('a chunked body is counted as it comes', async () => {
  const { port } = server.address() as AddressInfo;
  const send = async (method: string, path: string, parts: readonly string[]): Promise<number> => {
    const sent = httpRequest({ port, method, path, headers: { 'content-type': 'application/json' } });
    sent.on('error', () => {});
    for (const part of parts) sent.write(part);
    sent.end();
    const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    answer.resume();
    return answer.statusCode ?? 0;
  };
  const pieces = (total: number): string[] => [
    '{"itemId":"one"',
    ...Array(total).fill(repeat(' ', 50_000)),
    '}',
  ];
  assert.equal(await send('POST', `${shop}/search`, pieces(10)), 200);
  assert.equal(await send('PUT', shop, ['{"metric":"', repeat('x', 20_000), '"}']), 413);
});

test('a host that reads bodies itself may mount the application', async () => {
  for (const reader of [express.json(), express.raw({ type: '*/*' }), express.text({ type: '*/*' })]) {
    const host = express().use(reader).use('/search', api.app);
    const ask = (body: object) => request(host).post(`/search${shop}/search`).send(body);
    await ask({ itemId: 'one' }).expect(200);
    assertProblem(await ask({ itemId: true }), 400, 'request-invalid');
    const form = request(host).post(`/search${shop}/search`).field('k', '1');
    if (reader.name === 'jsonParser') await form.attach('image', picture, 'a').expect(200);
  }
});

test('limits are options, and a limit that is none is misuse', () => {
  const { retriever } = api;
  const limited = createApp({ retriever, limits: { vectorNumbers: 4, batchItems: 2, filterBytes: 100 } });
  const ask = (body: object) => request(limited).post(`${shop}/search`).send(body);
  return Promise.all([
    ask({ vector: [1, 2, 3, 4, 5] }).expect(400),
    ask({ itemId: 'one', filter: { field: 'label', in: Array(30).fill('abc') } }).expect(400),
    ask({ itemId: 'one', filter: { field: 'label', in: ['abc'] } }).expect(200),
  ]).then(() => {
    for (const wrong of [0, -1, 1.5, Number.NaN, '5'])
      assert.throws(() => createApp({ retriever, limits: { imageBytes: wrong as number } }), RangeError);
    assert.throws(() => createApp({ retriever, limits: { images: 1 } as never }), RangeError);
    assert.equal(Object.values(defaultLimits).every(Number.isSafeInteger), true);
  });
});

test('a body that ends early harms nobody', async () => {
  const { port } = server.address() as AddressInfo;
  for (const length of ['100', '2000000']) {
    const headers = { 'content-type': 'application/json', 'content-length': length };
    const sent = httpRequest({ port, method: 'POST', path: `${shop}/search`, headers });
    sent.on('error', () => {});
    sent.write('{"itemId":');
    await new Promise((resolve) => setTimeout(resolve, 20));
    sent.destroy();
  }
  await search('{"itemId":"one"}').expect(200);
});
