// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { snapshelf } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { type ServerProcess, startProcess } from './child.ts';
import { assertProblem } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-damaged-'));
const data = join(folder, 'data');
const model = join(folder, 'tiny.onnx');
let server: ServerProcess;

const spoil = async (name: string): Promise<void> => {
  await mkdir(join(data, 'collections', name), { recursive: true });
  await writeFile(join(data, 'collections', name, 'catalogue.sqlite'), 'no database');
};

before(async () => {
  await writeTinyModel(model);
  for (const name of ['bad', 'worse']) await spoil(name);
  server = await startProcess(data, model);
});
after(async () => {
  await server.stop('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

test('a damaged collection is listed with its error, its requests are 503, and everything else works', async () => {
  const client = request(server.url);
  await client.put('/v1/collections/shop').send({}).expect(201);
  await client
    .put('/v1/collections/shop/items/a')
    .attach('image', await stripes(1, 4), 'a')
    .expect(201);

  const { body } = await client.get('/v1/collections').expect(200);
  const entries = body.collections as { name: string; status: string; error?: { code: string } }[];
  assert.deepEqual(
    entries.map(({ name, status, error }) => [name, status, error?.code]),
    [
      ['bad', 'damaged', 'gallery-damaged'],
      ['shop', 'ok', undefined],
      ['worse', 'damaged', 'gallery-damaged'],
    ],
  );
  const bad = '/v1/collections/bad';
  const refused = [
    client.get(bad),
    client.put(bad).send({}),
    client.get(`${bad}/items`),
    client.get(`${bad}/items/a`),
    client.get(`${bad}/items/a/image`),
    client.put(`${bad}/items/a`).attach('image', await stripes(1, 4), 'a'),
    client.delete(`${bad}/items/a`),
    client.post(`${bad}/search`).send({ itemId: 'a' }),
    client.post(`${bad}/search`).attach('image', await stripes(1, 4), 'a'),
    client.post(`${bad}/reindex`).send({}),
    client.get(`${bad}/evaluations`),
    client.post(`${bad}/evaluations`).send({}),
  ];
  for (const one of refused) {
    const response = await one;
    assertProblem(response, 503, 'gallery-damaged');
    assert.equal(response.headers['retry-after'], undefined, 'waiting mends nothing');
    assert.ok(!response.text.includes(folder), 'no absolute path');
  }
  const ready = await client.get('/health/ready').expect(200);
  assert.deepEqual(ready.body.damaged, ['bad', 'worse']);
  const metrics = await client.get('/metrics').expect(200);
  assert.match(metrics.text, /snapshelf_collection_damaged\{collection="bad"\} 1/);
  await client
    .post('/v1/collections/shop/search')
    .attach('image', await stripes(1, 4), 'a')
    .expect(200);
});

test('a damaged collection is removed by DELETE, and by `snapshelf drop` beside the server and without it', async () => {
  const client = request(server.url);
  await client.delete('/v1/collections/bad').expect(204);
  await client.put('/v1/collections/bad').send({}).expect(201);
  const online = await snapshelf('drop', '--data', data, '--collection', 'worse');
  assert.deepEqual([online.code, online.stdout], [0, 'removed worse\n'], online.stderr);
  assertProblem(await client.get('/v1/collections/worse'), 404, 'collection-not-found');
  const absent = await snapshelf('drop', '--data', data, '--collection', 'absent');
  assert.equal(absent.code, 1);

  await server.stop('SIGTERM');
  await spoil('again');
  const inspected = await snapshelf('inspect', data, '--json');
  assert.equal(JSON.parse(inspected.stdout).damaged[0].name, 'again');
  const offline = await snapshelf('drop', '--data', data, '--collection', 'again');
  assert.deepEqual([offline.code, offline.stdout], [0, 'removed again\n'], offline.stderr);
  server = await startProcess(data, model);
  const { body } = await request(server.url).get('/v1/collections').expect(200);
  assert.deepEqual(
    body.collections.map(({ name }: { name: string }) => name),
    ['bad', 'shop'],
  );
});
