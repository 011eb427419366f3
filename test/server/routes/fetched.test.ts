import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import sharp from 'sharp';
import request from 'supertest';
import { SnapshelfError } from '../../../src/errors.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let closed: Api;
let open: Api;
const items = '/v1/collections/shop/items';

before(async () => {
  closed = await openApi();
  open = await openApi({ allowUrls: ['pictures.example', '*.cdn.example'] });
  for (const { retriever } of [closed, open]) await retriever.createCollection('shop');
});
after(async () => {
  await closed.close();
  await open.close();
});

const url = 'https://pictures.example/mug.jpg';

test('nothing is fetched unless hosts are listed', async () => {
  assertProblem(await request(closed.app).put(`${items}/mug`).send({ url }), 403, 'url-refused');
  const { body } = await request(closed.app)
    .post(`${items}/batch`)
    .send({ items: [{ id: 'mug', url }] });
  assert.deepEqual([body.stored, body.failed, body.results[0].error.code], [0, 1, 'url-refused']);
});

test('each address of a batch is checked, and each has an error of its own', async () => {
  const urls = [
    'http://127.0.0.1/a.jpg',
    'https://other.example/a.jpg',
    'file:///etc/passwd',
    'https://user:word@pictures.example/a.jpg',
    'https://pictures.example:8443/a.jpg',
    'https://[::ffff:169.254.169.254]/latest',
  ];
  const sent = { items: urls.map((one, i) => ({ id: `item-${i}`, url: one })) };
  const { status, body } = await request(open.app).post(`${items}/batch`).send(sent);
  assert.equal(status, 200);
  assert.deepEqual(
    body.results.map(({ id, error }: { id: string; error: { code: string } }) => [id, error.code]),
    urls.map((_, i) => [`item-${i}`, 'url-refused']),
  );
});

test('pictures that come are stored, and what does not come is told beside them', async (t) => {
  const picture = await stripes(10, 5);
  const fetcher = {
    fetch: async (address: string): Promise<Uint8Array> => {
      if (address.endsWith('/gone')) throw new SnapshelfError('url-failed', 'It answers 404.');
      return address.endsWith('/text') ? Buffer.from('no picture') : picture;
    },
  };
  const api = await openApi({ fetcher });
  t.after(() => api.close());
  await api.retriever.createCollection('shop');
  const put = await request(api.app).put(`${items}/one`).send({ url, label: 'mugs' });
  assert.deepEqual([put.status, put.body.label, put.body.hasImage], [201, 'mugs', true]);
  const sent = { items: ['a', 'gone', 'text', 'b'].map((id) => ({ id, url: `https://x.example/${id}` })) };
  const { body } = await request(api.app).post(`${items}/batch`).send(sent);
  assert.deepEqual([body.stored, body.failed, body.added], [2, 2, 2]);
  assert.deepEqual(
    body.results.map(({ id, status }: { id: string; status: number }) => [id, status]),
    [
      ['a', 200],
      ['gone', 422],
      ['text', 415],
      ['b', 200],
    ],
  );
  const { sentHash } = await api.retriever.gallery.get('shop', 'b');
  assert.equal(sentHash, put.body.sentHash);
});

test('what is no batch of addresses is refused before anything is fetched', async () => {
  const post = (body: object) => request(open.app).post(`${items}/batch`).send(body);
  const two = [
    { id: 'a', url },
    { id: 'a', url },
  ];
  assertProblem(await post({ items: two }), 400, 'request-invalid');
  assertProblem(
    await post({ items: [{ id: 'a', url: 'https://other.example/' }, { id: 'b' }] }),
    400,
    'request-invalid',
  );
  assertProblem(await post({ items: [{ id: 'a' }] }), 400, 'image-missing');
  const many = Array.from({ length: 65 }, (_, i) => ({ id: `${i}`, url }));
  assertProblem(await post({ items: many }), 400, 'request-invalid');
  const both = { image: Buffer.from('x').toString('base64'), url };
  assertProblem(await request(open.app).put(`${items}/mug`).send(both), 400, 'request-invalid');
});

/** A picture of 20 megapixels in few bytes. */
const large = (): Promise<Buffer> =>
  sharp({ create: { width: 5000, height: 4000, channels: 3, background: 'white' } })
    .png()
    .toBuffer();

test('a picture that was fetched costs what it costs when it is sent', async (t) => {
  const picture = await large();
  const fetcher = { fetch: async (): Promise<Uint8Array> => picture };
  const rateLimits = { addressPerMinute: 100, localPerMinute: 100 };
  const left = async (send: (app: Api['app']) => request.Test): Promise<number> => {
    const api = await openApi({ fetcher, rateLimits });
    t.after(() => api.close());
    await api.retriever.createCollection('shop');
    const { status, headers } = await send(api.app);
    assert.ok(status === 200 || status === 201, `${status}`);
    return Number(/;r=(\d+)/.exec(headers['ratelimit'] ?? '')?.[1]);
  };
  const sent = await left((app) => request(app).put(`${items}/mug`).attach('image', picture, 'mug.png'));
  assert.equal(sent, 95, 'one unit, and one for each further 4 megapixels');
  assert.equal(await left((app) => request(app).put(`${items}/mug`).send({ url })), sent);
  const batch = { items: [{ id: 'mug', url }] };
  assert.equal(await left((app) => request(app).post(`${items}/batch`).send(batch)), sent);
});

test('a large picture that was fetched waits for its turn; one that is being fetched holds none', async (t) => {
  const pictures = { large: await large(), small: await stripes(10, 5) };
  let arrive: (() => void) | undefined;
  const fetcher = {
    fetch: async (address: string): Promise<Uint8Array> => {
      if (address.endsWith('/slow')) await new Promise<void>((resolve) => (arrive = resolve));
      return address.endsWith('/large') ? pictures.large : pictures.small;
    },
  };
  const api = await openApi({ fetcher, limits: { writesAtOnce: 1, largeAtOnce: 1, maxWaitMs: 1 } });
  t.after(() => api.close());
  const { retriever, app } = api;
  await retriever.createCollection('shop');
  const slow = request(app).put(`${items}/slow`).send({ url: 'https://x.example/slow' });
  const answered = slow.then(({ status }) => status);
  while (arrive === undefined) await setImmediate();
  await request(app).put(`${items}/sent`).attach('image', pictures.small, 'a.jpg').expect(201);
  arrive();
  assert.equal(await answered, 201);
  const add = retriever.add.bind(retriever);
  let go = (): void => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  let isHeld = false;
  retriever.add = async (...given) => {
    isHeld = true;
    await held;
    return add(...given);
  };
  const putLarge = (id: string) =>
    request(app).put(`${items}/${id}`).send({ url: 'https://x.example/large' });
  const first = putLarge('one').then(({ status }) => status);
  while (!isHeld) await setImmediate();
  assertProblem(await putLarge('two'), 503, 'queue-full');
  go();
  assert.equal(await first, 201);
});
