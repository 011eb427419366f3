// slow: takes seconds
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import request from 'supertest';
import { Retriever, storeModel } from '../../../src/retrieval/index.ts';
import { createApp } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
let other: string;
const client = () => request(api.app);

before(async () => {
  api = await openApi();
  const path = join(api.folder, 'other.onnx');
  await writeTinyModel(path, { seed: 2 });
  other = (await storeModel(join(api.folder, 'data'), path)).id;
});
after(() => api.close());

/** A collection of `count` pictures, and its path. */
async function collection(name: string, count: number, settings: object = {}): Promise<string> {
  const path = `/v1/collections/${name}`;
  await client().put(path).send(settings).expect(201);
  for (let i = 0; i < count; i += 20) {
    const form = client().post(`${path}/items/batch`);
    for (let j = i; j < Math.min(count, i + 20); j += 1)
      form.attach('images', await stripes(7 * j, 4), `${j}`);
    await form.expect(200);
  }
  return path;
}

interface Job {
  readonly state: string;
  readonly done: number;
  readonly total: number;
  readonly error?: { readonly code: string };
}

async function ended(path: string, app = api.app): Promise<Job> {
  for (;;) {
    const { body } = await request(app).get(`${path}/reindex`).expect(200);
    if (body.state !== 'running') return body;
    await setTimeout(10);
  }
}

test('a re-index runs in the background, searches go on, and the model is another in the end', async () => {
  const path = await collection('switch', 40);
  assertProblem(await client().get(`${path}/reindex`), 404, 'item-not-found');
  const { body, headers } = await client().post(`${path}/reindex`).send({ model: other }).expect(202);
  assert.deepEqual([body.state, body.total, headers['location']], ['running', 40, `${path}/reindex`]);
  assertProblem(await client().post(`${path}/reindex`).send({ model: other }), 409, 'collection-busy');
  await client().post(`${path}/search`).send({ itemId: '3' }).expect(200);
  const job = await ended(path);
  assert.deepEqual([job.state, job.done, job.total], ['done', 40, 40]);
  const answer = await client()
    .post(`${path}/search`)
    .attach('image', await stripes(21, 4), 'q');
  assert.deepEqual([answer.body.model.id, answer.body.results[0].item.id], [other, '3']);
});

test('who ends a re-index keeps the old vectors and nothing of the new ones', async () => {
  const path = await collection('stop', 100);
  await client().post(`${path}/reindex`).send({ model: other }).expect(202);
  const { body } = await client().delete(`${path}/reindex`).expect(200);
  assert.equal(body.state, 'cancelled');
  const info = await client().get(path).expect(200);
  assert.deepEqual([info.body.reindex, info.body.modelId], [undefined, api.retriever.defaultModel?.id]);
});

test('without its pictures a collection says what to do', async () => {
  const path = await collection('bare', 2, { storeImages: false });
  await client().post(`${path}/reindex`).send({ model: other }).expect(202);
  const job = await ended(path);
  assert.deepEqual([job.state, job.error?.code], ['failed', 'image-not-stored']);
});

test('a model that the server does not hold is refused', async () => {
  const path = await collection('lacking', 2);
  const answer = await client()
    .post(`${path}/reindex`)
    .send({ model: 'a'.repeat(64) });
  assertProblem(answer, 409, 'model-not-found');
});

test('without a model, a collection is switched to the one that is listed as the default', async () => {
  await using retriever = await Retriever.open(join(api.folder, 'unnamed'));
  const app = createApp({ retriever, allow: 'admin' });
  await retriever.createCollection('old', { model: join(api.folder, 'other.onnx') });
  await retriever.add('old', [{ id: 'a', image: await stripes(10, 4) }]);
  const { body } = await request(app).get('/v1/models').expect(200);
  const standard = body.models.find((model: { default: boolean }) => model.default);
  for (let times = 0; times < 2; times += 1) {
    const answer = await request(app).post('/v1/collections/old/reindex').send({});
    assert.equal(answer.status, 202, answer.text);
    assert.equal((await ended('/v1/collections/old', app)).state, 'done');
    assert.equal((await retriever.gallery.info('old')).modelId, standard.id);
  }
});
