// slow: starts a process
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { parseEvaluation } from '../../src/eval/index.ts';
import { createApp, Evaluations } from '../../src/server/index.ts';
import { stripes } from '../support/pictures.ts';
import { type Api, assertProblem, openApi } from './support.ts';

const numbers = { a: 1, b: 0.9, P: 0.3 };
const collections = { 'weak-metric': numbers, weak: { a: 1, b: 1, P: 1 } };
let api: Api;
let evaluations: Evaluations;
let client: () => ReturnType<typeof request>;
let probabilities: number[][];

before(async () => {
  api = await openApi({}, 5);
  evaluations = await Evaluations.open(join(api.folder, 'data'));
  const app = createApp({ retriever: api.retriever, allow: 'admin', evaluations });
  client = () => request(app);
  const pictures = await Promise.all([0, 50, 100, 150, 200, 250].map((hue) => stripes(hue, 4 + hue / 10)));
  const items = pictures.map((_, at) => ({ id: `${at}`, file: `${at}`, label: `${at % 2}` }));
  for (const metric of Object.keys(collections)) {
    const metricOptions = metric === 'weak' ? undefined : numbers;
    await client().put(`/v1/collections/${metric}`).send({ metric, metricOptions }).expect(201);
    const form = client().post(`/v1/collections/${metric}/items/batch`).field('items', JSON.stringify(items));
    for (const [at, picture] of pictures.entries()) form.attach('images', picture, `${at}`);
    await form.expect(200);
  }
  probabilities = await Promise.all(
    pictures.map(async (picture) => {
      const { body } = await client().post('/v1/embeddings').attach('image', picture, 'p').expect(200);
      return body.embedding;
    }),
  );
});
after(async () => {
  await evaluations.close();
  await api.close();
});

/** The distance as the protocol writes it. */
const distance = (p: readonly number[], q: readonly number[], { a, b, P }: typeof numbers): number =>
  (p.length / P) * Math.log(a) -
  p.reduce((sum, value, at) => sum + Math.log(a - b * Math.abs(value - (q[at] ?? 0)) ** P), 0) / P;

for (const [metric, own] of Object.entries(collections))
  test(`a search under ${metric} answers with the distances of its formula, the nearest first`, async () => {
    const url = `/v1/collections/${metric}/search`;
    const [query = []] = probabilities;
    const { body } = await client().post(url).send({ vector: query, k: 6, group: 'item' }).expect(200);
    const wanted = probabilities
      .map((one, at) => ({ id: `${at}`, distance: distance(query, one, own) }))
      .sort((one, other) => one.distance - other.distance);
    const found: { item: { id: string }; distance: number }[] = body.results;
    assert.deepEqual(
      found.map(({ item }) => item.id),
      wanted.map(({ id }) => id),
    );
    for (const [at, { distance: value }] of wanted.entries())
      assert.ok(Math.abs((found[at]?.distance ?? Number.NaN) - value) <= 1e-9 * Math.max(1, value));
    const features = [2, 0, 0, 0, 0];
    assertProblem(await client().post(url).send({ vector: features }), 400, 'vector-invalid');
  });

test('an evaluation over HTTP is under the metric of the collection, with its numbers', async () => {
  const { body } = await client()
    .post('/v1/collections/weak-metric/evaluations')
    .send({ ks: [1] })
    .expect(202);
  const state = async (): Promise<string> => (await client().get(body.links.self)).body.state;
  while (['queued', 'running'].includes(await state())) await sleep(50);
  const job = (await client().get(body.links.self)).body;
  assert.equal(job.state, 'done', JSON.stringify(job));
  const report = await client().get(job.links.report).set('Accept', 'application/json').buffer(true);
  const [result, ...others] = parseEvaluation(report.text, 'report').results;
  assert.deepEqual([result?.metric, result?.metricOptions, result?.isMetric], ['weak-metric', numbers, true]);
  assert.equal(others.length, 0);
});
