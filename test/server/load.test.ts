// slow: takes seconds
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { createApp } from '../../src/server/index.ts';
import { stripes } from '../support/pictures.ts';
import { type Api, assertProblem, openApi } from './support.ts';

let api: Api;
let picture: Buffer;
const items = '/v1/collections/shop/items';

before(async () => {
  api = await openApi();
  picture = await stripes(10, 5);
  await request(api.app).put('/v1/collections/shop');
});
after(() => api.close());

/** Listens on a free port while `use` runs. */
async function listening<T>(server: Server, use: (url: string) => Promise<T>): Promise<T> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a form whose length nobody announced is cut off where it becomes too long', async () => {
  const app = createApp({
    retriever: api.retriever,
    allow: 'admin',
    limits: { imageBytes: 2_000_000, batchBytes: 500_000 },
  });
  const part = '--x\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\n';
  const status = await listening(createServer(app), async (url) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const upload = httpRequest(`${url}${items}/batch`, { method: 'POST', headers });
    upload.on('error', () => {});
    upload.write(part);
    const answered = once(upload, 'response');
    for (let i = 0; i < 20; i += 1) upload.write(Buffer.alloc(100_000));
    upload.end('\r\n--x--\r\n');
    const [{ statusCode }] = (await answered) as [{ statusCode: number }];
    return statusCode;
  });
  assert.equal(status, 413);
});

test('uploads beyond the memory for them are told to come back, and room is given back', async () => {
  const app = createApp({
    retriever: api.retriever,
    allow: 'admin',
    limits: { bytesInFlight: 3 * picture.length, maxWaitMs: 60_000 },
  });
  const put = (i: number) => request(app).put(`${items}/budget${i}`).attach('image', picture, 'a');
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => put(i)));
  const busy = answers.filter(({ status }) => status === 503);
  assert.ok(busy.length > 0 && busy.length < 12, `${busy.length}`);
  for (const answer of busy) {
    assertProblem(answer, 503, 'queue-full');
    assert.equal(answer.headers['retry-after'], '2');
  }
  assert.ok((await put(0)).status < 300);
});

test('work that takes too long is given up', async () => {
  const app = createApp({ retriever: api.retriever, allow: 'admin', requestTimeoutMs: 1 });
  const answer = await request(app)
    .put(`${items}/late`)
    .attach('image', await stripes(3, 4, 2000), 'a');
  assertProblem(answer, 503, 'queue-full');
  assert.equal(answer.headers['retry-after'], '5');
  assertProblem(await request(api.app).get(`${items}/late`), 404, 'item-not-found');
});

test('mounted in another backend, links say so', async () => {
  const backend = express().use('/find', createApp({ retriever: api.retriever, allow: 'admin' }));
  const { body } = await request(backend)
    .put(`/find${items}/mounted`)
    .attach('image', picture, 'a')
    .expect(201);
  assert.equal(body.links.image, `/find${items}/mounted/image?hash=${body.imageHash}`);
  await request(backend).get(body.links.image).expect(200).expect('Content-Type', 'image/jpeg');
});

test('names of files in any script become ids', async () => {
  const id = 'rot – 赤.jpg';
  const answer = await request(api.app).post(`${items}/batch`).attach('images', picture, id).expect(200);
  assert.equal(answer.body.results[0].id, id);
  await request(api.app)
    .get(`${items}/${encodeURIComponent(id)}`)
    .expect(200);
});

test('a data URL is a picture too; an embedding names its model', async () => {
  const image = `data:image/jpeg;base64,${picture.toString('base64')}`;
  const model = api.retriever.defaultModel?.id;
  const { body } = await request(api.app).post('/v1/embeddings').send({ image, model }).expect(200);
  assert.equal(body.model.id, model);
  assert.equal(body.embedding.length, body.dimension);
});

test('a request keeps the id that a proxy gave it', async () => {
  const id = 'b3c7a1de-0000-4000-8000-0123456789ab';
  const answer = await request(api.app).get('/nowhere').set('X-Request-Id', id);
  assert.equal(answer.body.instance, `urn:uuid:${id}`);
  const other = await request(api.app).get('/nowhere').set('X-Request-Id', '<script>');
  assert.match(other.headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/);
});
