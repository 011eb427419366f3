// slow: starts processes
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { Retriever, restoreBackup, storeModel } from '../../../src/retrieval/index.ts';
import { createApp } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
let second: string;
const folder = mkdtempSync(join(tmpdir(), 'snapshelf-models-'));
const client = () => request(api.app);

before(async () => {
  api = await openApi();
  const path = join(folder, 'second.onnx');
  await writeTinyModel(path, { seed: 7 });
  second = (await storeModel(join(api.folder, 'data'), path)).id;
  mkdirSync(join(folder, 'other'));
  await writeTinyModel(join(folder, 'other', 'second.onnx'), { seed: 8 });
  await storeModel(join(api.folder, 'data'), join(folder, 'other', 'second.onnx'));
});
after(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Model {
  readonly id: string;
  readonly name: string;
  readonly dimension: number;
  readonly default: boolean;
}
const models = async (): Promise<Model[]> => (await client().get('/v1/models').expect(200)).body.models;

test('the models that the server holds are listed, the default one first, each once', async () => {
  const list = await models();
  const ids = list.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([list[0]?.default, list.filter((one) => one.default).length], [true, 1]);
  assert.equal(list[0]?.id, api.retriever.defaultModel?.id);
  assert.ok(ids.includes(second));
  for (const model of list) assert.ok(model.name !== '' && model.dimension > 0 && !('path' in model));
});

test('a collection has the model that is named by identity, its beginning or its name; another is refused with the list', async () => {
  const put = (name: string, model?: unknown) => client().put(`/v1/collections/${name}`).send({ model });
  assert.equal((await put('plain').expect(201)).body.modelId, api.retriever.defaultModel?.id);
  assert.equal((await put('by-id', second).expect(201)).body.modelId, second);
  assert.equal((await put('by-start', second.slice(0, 8)).expect(201)).body.modelId, second);
  const shipped = (await models()).find(({ dimension }) => dimension > 32);
  if (shipped !== undefined)
    assert.equal((await put('by-name', shipped.name).expect(201)).body.modelId, shipped.id);
  for (const model of ['none', 'f'.repeat(64), second.slice(0, 7)]) {
    const answer = await put('unknown', model);
    assertProblem(answer, 409, 'model-not-found');
    assert.ok(answer.body.models.some(({ id }: Model) => id === second));
    assert.match(answer.body.detail, new RegExp(second.slice(0, 12)));
  }
  for (const model of ['/etc/passwd', '../x', 'a\\b', '', 5, null])
    assert.equal((await put('unknown', model)).status, 400);
  assertProblem(await client().get('/v1/collections/unknown'), 404, 'collection-not-found');
  assertProblem(await put('by-id', api.retriever.defaultModel?.id), 409, 'model-mismatch');
  await put('by-id', second).expect(200);
});

test('two models of one name are not guessed; embeddings and re-indexes name models in the same way', async () => {
  const name = (await models()).find(({ id }) => id === second)?.name ?? '';
  const several = await client().put('/v1/collections/several').send({ model: name });
  assertProblem(several, 409, 'model-not-found');
  assert.match(several.body.detail, /Several models/);
  const image = await stripes(10, 5);
  const embedded = await client()
    .post('/v1/embeddings')
    .attach('image', image, 'a.jpg')
    .field('model', second.slice(0, 10));
  assert.equal(embedded.body.model.id, second, embedded.text);
  await client().put('/v1/collections/moved').send({}).expect(201);
  await client()
    .post('/v1/collections/moved/reindex')
    .send({ model: second.slice(0, 10) })
    .expect(202);
});

test('a model whose file was changed is listed apart, and the others can be chosen', async () => {
  const path = join(api.folder, 'data', 'models', `${'0'.repeat(64)}.onnx`);
  writeFileSync(path, 'nothing');
  const { body } = await client().get('/v1/models').expect(200);
  assert.deepEqual(
    body.damaged.map(({ file }: { file: string }) => file),
    [`${'0'.repeat(64)}.onnx`],
  );
  assert.doesNotMatch(JSON.stringify(body), /\/data\//);
  await client().put('/v1/collections/still').send({ model: second }).expect(201);
  rmSync(path);
});

test('a backup over HTTP is restored whole; one at a time; a HEAD makes none', async () => {
  await client().put('/v1/collections/shop').send({}).expect(201);
  await client()
    .put('/v1/collections/shop/items/a')
    .attach('image', await stripes(10, 5), 'a.jpg')
    .expect(201);
  const head = await client().head('/v1/backup').expect(200);
  assert.equal(head.headers['content-type'], 'application/x-tar');
  const asked = (): Promise<request.Response> =>
    client()
      .get('/v1/backup')
      .buffer(true)
      .parse((response, done) => {
        const pieces: Buffer[] = [];
        response
          .on('data', (piece: Buffer) => pieces.push(piece))
          .on('end', () => done(null, Buffer.concat(pieces)));
      })
      .then((answer) => answer);
  const answer = await asked();
  assert.match(
    answer.headers['content-disposition'] ?? '',
    /^attachment; filename="?snapshelf-\d{4}-\d\d-\d\d\.tar"?$/,
  );
  const path = join(folder, 'backup.tar');
  writeFileSync(path, answer.body);
  const to = join(folder, 'restored');
  await restoreBackup(path, to);
  await using restored = await Retriever.open(to);
  assert.deepEqual(
    (await restored.gallery.list('shop')).items.map(({ id }) => id),
    ['a'],
  );
  const together = await Promise.all([asked(), asked()]);
  assert.deepEqual(together.map(({ status }) => status).sort(), [200, 503]);
  const page = await client().get('/v1/backup').set('Sec-Fetch-Site', 'cross-site');
  assertProblem(page, 403, 'origin-not-allowed');
});

test('a damaged collection is a problem before anything is sent', async () => {
  const data = join(folder, 'restored');
  writeFileSync(join(data, 'collections', 'shop', 'catalogue.sqlite'), 'no database at all'.repeat(100));
  await using retriever = await Retriever.open(data, { model: api.model });
  const answer = await request(createApp({ retriever, allow: 'admin' })).get('/v1/backup');
  assertProblem(answer, 503, 'gallery-damaged');
  assert.equal(answer.headers['content-disposition'], undefined);
});
