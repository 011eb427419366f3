// slow: loads a model
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { repositoryRoot } from '../../support/repository.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
const path = '/v1/collections/rows';
const dimension = 3;
const floats = (...values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const lines = (...ids: readonly string[]): string => ids.map((id) => `${JSON.stringify({ id })}\n`).join('');
const client = () => request(api.app);

interface Sent {
  readonly vectors?: Buffer;
  readonly items?: string;
  readonly fields?: Readonly<Record<string, string>>;
}
const send = ({ vectors, items, fields = { model: 'elsewhere' } }: Sent, key?: string) => {
  const sent = client().post(`${path}/items/vectors`).field(fields);
  if (key !== undefined) sent.set('Idempotency-Key', key);
  if (vectors !== undefined) sent.attach('vectors', vectors, 'v.f32');
  if (items !== undefined) sent.attach('items', Buffer.from(items), 'items.jsonl');
  return sent;
};
const countOf = async (): Promise<number> => (await client().get(path).expect(200)).body.items;

before(async () => {
  api = await openApi({ limits: { batchVectors: 50_000, batchBytes: 2 ** 20 } });
  await client()
    .put(path)
    .send({ metric: 'l2', vectorsOf: { name: 'elsewhere', dimension } })
    .expect(201);
});
after(() => api.close());

test('float32 and .npy files are stored with their items, and found', async () => {
  const first = await send({
    vectors: floats(1, 2, 3, 4, 5, 6, Number.NaN, 0, 0),
    items: '{"id":"a","productId":"p","label":" x ","metadata":{"price":1}}\n{"id":"b"}\n{"id":"c"}\n',
  }).expect(200);
  const { failures, notes, ...counts } = first.body;
  assert.deepEqual(counts, { stored: 2, failed: 1, added: 2, replaced: [], unchanged: 0 });
  assert.deepEqual(
    failures.map(({ row, id, error }: { row: number; id: string; error: { code: string } }) => [
      row,
      id,
      error.code,
    ]),
    [[2, 'c', 'vector-invalid']],
  );
  assert.match(notes.join(), /line 1, label/);
  const npy = readFileSync(join(repositoryRoot, 'test/fixtures/npy/half.npy'));
  const second = await send({ vectors: npy, items: lines('a', 'd', 'e') }).expect(200);
  assert.deepEqual([second.body.added, second.body.replaced], [2, ['a']]);
  const again = await send({ vectors: npy, items: lines('a', 'd', 'e') }).expect(200);
  assert.deepEqual([again.body.added, again.body.unchanged], [0, 3]);
  const { body } = await client()
    .post(`${path}/search`)
    .send({ vector: [4, 5, 6], k: 1 })
    .expect(200);
  assert.deepEqual([body.results[0].item.id, body.results[0].distance], ['b', 0]);
});

test('what does not belong together is refused whole', async () => {
  const before = await countOf();
  const two = floats(1, 2, 3, 4, 5, 6);
  const refused = async (sent: Sent, status: number, code: string, says: RegExp): Promise<void> => {
    const answer = await send(sent);
    assertProblem(answer, status, code);
    assert.match(answer.body.detail, says);
  };
  const invalid = 'request-invalid';
  await refused({ vectors: two, items: lines('x') }, 400, invalid, /2 vectors, but 1 of the lines/);
  await refused({ vectors: two, items: lines('x', 'y', 'z') }, 400, invalid, /more than 2 of the lines/);
  await refused({ vectors: two, items: lines('x', 'x') }, 400, invalid, /occurs twice/);
  await refused({ vectors: two.subarray(1), items: lines('x', 'y') }, 400, invalid, /no multiple of the 12/);
  await refused({ vectors: two }, 400, invalid, /the files "vectors"/);
  await refused({ items: lines('x') }, 400, invalid, /the files "vectors"/);
  await refused({ vectors: two, items: lines('x', 'y'), fields: { strict: 'true' } }, 400, invalid, /model/);
  const other = { model: 'nobody' };
  await refused({ vectors: two, items: lines('x', 'y'), fields: other }, 409, 'model-not-found', /nobody/);
  const wrong = Buffer.from(readFileSync(join(repositoryRoot, 'test/fixtures/npy/fortran.npy')));
  await refused({ vectors: wrong, items: lines('x', 'y', 'z') }, 400, 'source-invalid', /C order/);
  const wide = readFileSync(join(repositoryRoot, 'test/fixtures/npy/three-axes.npy'));
  await refused({ vectors: wide, items: lines('x') }, 400, 'source-invalid', /no matrix/);
  await refused({ vectors: Buffer.alloc(2 ** 20), items: '' }, 413, 'body-too-large', /bytes/);
  const held = (await client().get('/v1/models')).body.models[0].name;
  const mismatched = { vectors: two, items: lines('x', 'y'), fields: { model: held } };
  await refused(mismatched, 409, 'model-mismatch', /elsewhere/);
  const json = await client().post(`${path}/items/vectors`).send({ model: 'elsewhere' });
  assertProblem(json, 415, 'media-type-unsupported');
  assert.match(json.body.detail, /Send multipart\/form-data\.$/);
  assert.equal(await countOf(), before);
});

test('many rows are read in another thread, and a request with a key is done once', async () => {
  const rows = 12_000;
  const vectors = floats(...Array.from({ length: dimension * rows }, (_, i) => i % 97));
  const items = lines(...Array.from({ length: rows }, (_, i) => `row/${i}`));
  const { body } = await send({ vectors, items }, 'once').expect(200);
  assert.deepEqual([body.stored, body.added, body.failures], [rows, rows, []]);
  const again = await send({ vectors, items }, 'once').expect(200);
  assert.deepEqual(again.body, body);
  assertProblem(
    await send({ vectors, items: items.replace('row/0', 'row/x') }, 'once'),
    422,
    'idempotency-mismatch',
  );
});

test('metadata of another type is refused before anything is stored where it is strict', async () => {
  const before = await countOf();
  const items = '{"id":"s1"}\n{"id":"s2","metadata":{"price":"dear"}}\n';
  const fields = { model: 'elsewhere', strict: 'true' };
  assertProblem(await send({ vectors: floats(1, 2, 3, 4, 5, 6), items, fields }), 409, 'field-type-mismatch');
  assert.equal(await countOf(), before);
});
