// slow: starts processes
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { Retriever } from '../../src/retrieval/index.ts';
import { type App, createApp, Evaluations } from '../../src/server/index.ts';
import { stripes } from '../support/pictures.ts';
import { type Api, assertProblem, openApi } from './support.ts';

let api: Api;
let reader: Retriever;
let evaluations: Evaluations;
let app: App;
let picture: Buffer;
const shop = '/v1/collections/shop';

before(async () => {
  api = await openApi();
  picture = await stripes(10, 5);
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'one', image: picture }]);
  const data = join(api.folder, 'data');
  reader = await Retriever.open(data, { model: api.model, readOnly: true });
  evaluations = await Evaluations.open(data);
  app = createApp({ retriever: reader, evaluations, allow: 'admin' });
});
after(async () => {
  await evaluations.close();
  await reader.close();
  await api.close();
});

test('every change over HTTP is 403 read-only, and nothing is left of it', async () => {
  const client = request(app);
  const changes = [
    client.put('/v1/collections/new'),
    client.put(shop),
    client.delete(shop),
    client.delete('/v1/collections/none'),
    client.put(`${shop}/items/two`).attach('image', picture, 'a'),
    client.put(`${shop}/items/two`).send({ nonsense: 1 }),
    client.delete(`${shop}/items/one`),
    client.delete(`${shop}/items/none`),
    client.post(`${shop}/items/batch`).attach('images', picture, 'a'),
    client.post(`${shop}/reindex`),
    client.post(`${shop}/reindex`).send({ model: 'a'.repeat(64) }),
    client.delete(`${shop}/reindex`),
    client.post(`${shop}/evaluations`).send({}),
    client.delete(`${shop}/evaluations/none`),
  ];
  for (const change of changes) assertProblem(await change, 403, 'read-only');
  const data = join(api.folder, 'data');
  assert.equal(existsSync(join(data, 'evaluations')), false);
  assert.deepEqual(readdirSync(join(data, 'collections')), ['shop']);
  assert.equal((await api.retriever.gallery.info('shop')).items, 1);
});

test('reading goes on', async () => {
  const client = request(app);
  await client.get(shop).expect(200);
  await client.get(`${shop}/items/one/image`).expect(200);
  await client.get(`${shop}/evaluations`).expect(200);
  await client.post('/v1/embeddings').attach('image', picture, 'q').expect(200);
  const found = await client.post(`${shop}/search`).attach('image', picture, 'q').expect(200);
  assert.equal(found.body.results[0].item.id, 'one');
});

test('it is said before the picture has come', async (t) => {
  const server = createServer(app).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(
    `PUT ${shop}/items/two HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n`,
  );
  const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(20_000) })) as [Buffer];
  assert.match(String(answer), /^HTTP\/1.1 403 .*"code":"read-only"/s);
});
