// slow: takes seconds
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import request from 'supertest';
import { calibrationSchema } from '../../../src/matching/index.ts';
import { calibrationPage } from '../../../src/report/index.ts';
import { Calibrations } from '../../../src/retrieval/calibration/calibrations.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
const path = '/v1/collections/shop';
const calibration = `${path}/calibration`;
const client = () => request(api.app);

/** Makes the collection, of 22 products with two pictures each. */
async function fill(): Promise<void> {
  await client().put(path).send({}).expect(201);
  for (let from = 0; from < 44; from += 11) {
    const form = client().post(`${path}/items/batch`);
    const items = [];
    for (let i = from; i < from + 11; i += 1) {
      form.attach('images', await stripes(16 * (i >> 1) + (i % 2), 4 + (i >> 1)), `${i}`);
      items.push({ id: `${i}`, productId: `p${i >> 1}` });
    }
    await form.field('items', JSON.stringify(items)).expect(200);
  }
}

test('of two that are started at once one runs', async () => {
  const both = await Promise.all([client().post(calibration).send({}), client().post(calibration).send({})]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [202, 409]);
  assert.equal((await watched()).state, 'done');
  await client().delete(calibration).expect(204);
});

type Watched = {
  readonly state: string;
  readonly calibration?: { pairs: number; leastRate: number; checked?: object[] };
};

async function calibrated(): Promise<Watched> {
  await client().post(calibration).send({}).expect(202);
  return watched();
}

/** Waits for the end of a calibration. */
async function watched(): Promise<Watched> {
  for (;;) {
    const { body } = await client().get(calibration).expect(200);
    if (body.state !== 'running') return body;
    await setTimeout(10);
  }
}

before(async () => {
  // However long a page takes.
  api = await openApi({ requestTimeoutMs: 3_600_000 });
  await fill();
});
after(() => api.close());

test('a calibration gives confidence and refuses rates that it does not support; removed, unreadable and foreign ones are named', async () => {
  assertProblem(await client().get(calibration), 404, 'item-not-found');
  const search = (fields: object) =>
    client()
      .post(`${path}/search`)
      .send({ itemId: '0', ownProduct: true, ...fields });
  assertProblem(await search({ maxFalseMatch: 0.4 }), 409, 'not-calibrated');
  const { state, calibration: kept } = await calibrated();
  assert.deepEqual([state, kept?.pairs, kept?.checked?.length], ['done', 44, 2]);
  const { body } = await search({}).expect(200);
  assert.ok(body.results.every(({ confidence }: { confidence: number }) => confidence > 0 && confidence < 1));
  assert.deepEqual(body.calibration, { changed: 0, isDue: false, leastRate: kept?.leastRate });
  assert.equal(kept?.leastRate, Math.ceil(1e7 / 44) / 1e6);
  await search({ maxFalseMatch: 0.4 }).expect(200);
  assertProblem(await search({ maxFalseMatch: 0.01 }), 409, 'too-few-pairs');
  assertProblem(await search({ ownProduct: false, maxFalseMatch: 0.4 }), 400, 'query-invalid');

  await client().delete(calibration).expect(204);
  assertProblem(await client().get(calibration), 404, 'item-not-found');
  await api.retriever.gallery.setDocument('shop', 'calibration', '{"format":"of tomorrow"}');
  for (const answer of [await client().get(calibration), await search({ maxFalseMatch: 0.4 })]) {
    assertProblem(answer, 409, 'not-calibrated');
    assert.match(answer.body.detail, /is damaged/);
  }
  await search({}).expect(200);
  assert.equal((await calibrated()).state, 'done');
});

test('a collection that takes the name of another has neither its job nor its calibration', async () => {
  const { gallery } = api.retriever;
  const before = await gallery.info('shop');
  const kept = calibrationSchema.parse(JSON.parse((await gallery.document('shop', 'calibration')) ?? ''));
  const refused = assert.rejects(
    api.retriever.calibrate('shop', { onProgress: ({ done }) => void (done === 1 && stepped()) }),
    { code: 'collection-not-found' },
  );
  let stepped = (): void => {};
  await new Promise<void>((resolve) => {
    stepped = resolve;
  });
  await client().delete(path).expect(204);
  await fill();
  await refused;
  assertProblem(await client().get(calibration), 404, 'item-not-found');
  // One that comes to its end only now.
  await assert.rejects(new Calibrations(gallery).set(before, kept), {
    code: 'collection-not-found',
    message: /made anew while it was calibrated/,
  });
  assertProblem(await client().get(calibration), 404, 'item-not-found');
  assert.equal((await calibrated()).state, 'done');
});

test('the report is answered as JSON and as the page that the command writes; without a calibration it is not there', async () => {
  const report = `${calibration}/report`;
  const kept = await api.retriever.calibrationReport('shop');
  assert.ok(kept !== undefined);
  const json = await client().get(report).set('Accept', 'application/json').expect(200);
  assert.deepEqual(json.body, JSON.parse(JSON.stringify(kept)));
  assert.match(json.headers['vary'] ?? '', /Accept/);
  await client()
    .get(report)
    .set('If-None-Match', json.headers['etag'] ?? '')
    .expect(304);
  const page = await client().get(report).set('Accept', 'text/html').expect(200);
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  assert.match(page.headers['content-security-policy'] ?? '', /^default-src 'none'/);
  assert.equal(page.text, await calibrationPage(kept));
  await client().head(report).expect(200);

  assertProblem(await client().post(report).send({}), 405, 'method-not-allowed');
  await client().delete(calibration).expect(204);
  assertProblem(await client().get(report), 404, 'item-not-found');
  assertProblem(
    await client().get('/v1/collections/nowhere/calibration/report'),
    404,
    'collection-not-found',
  );
  await api.retriever.gallery.setDocument('shop', 'calibration', '[]');
  for (const accept of ['application/json', 'text/html'])
    assertProblem(await client().get(report).set('Accept', accept), 409, 'not-calibrated');
  assert.equal((await calibrated()).state, 'done');
});

test('the job of an empty collection fails with the reason, and the next may begin', async () => {
  const empty = '/v1/collections/empty';
  await client().put(empty).send({}).expect(201);
  for (let round = 0; round < 2; round += 1) {
    const { body: begun } = await client().post(`${empty}/calibration`).send({}).expect(202);
    assert.equal(begun.total, 0);
    let body = begun;
    while (body.state === 'running') {
      await setTimeout(10);
      ({ body } = await client().get(`${empty}/calibration`).expect(200));
    }
    assert.deepEqual([body.state, body.error.code, body.calibration], ['failed', 'too-few-pairs', undefined]);
    assert.match(body.error.detail, /0 products, and 0 items/);
  }
  assertProblem(await client().get(`${empty}/calibration/report`), 404, 'item-not-found');
  await client().delete(`${empty}/calibration`).expect(204);
  assertProblem(await client().get(`${empty}/calibration`), 404, 'item-not-found');
  await client().delete(empty).expect(204);
});

test('a job that is cancelled ends, leaves the earlier calibration, and frees the way', async (t) => {
  const { calibration: kept } = await calibrated();
  const { gallery } = api.retriever;
  const search: typeof gallery.search = gallery.search.bind(gallery);
  let searches = 0;
  const reached = new Promise<void>((resolve) => {
    t.mock.method(gallery, 'search', async (...asked: Parameters<typeof search>) => {
      const [, , { k, signal } = {}] = asked;
      // Those of the calibration; from the fifth on they wait for its end.
      if (k !== 5 || signal === undefined) return search(...asked);
      searches += 1;
      if (searches === 5) resolve();
      if (searches >= 5 && !signal.aborted) await once(signal, 'abort');
      return search(...asked);
    });
  });
  await client().post(calibration).send({ unknownShare: 0.1 }).expect(202);
  await reached;
  const { body } = await client().get(calibration).expect(200);
  assert.deepEqual([body.state, body.calibration], ['running', kept]);
  assertProblem(await client().post(calibration).send({}), 409, 'collection-busy');
  // Searches go by what there is.
  await client()
    .post(`${path}/search`)
    .send({ itemId: '0', ownProduct: true, maxFalseMatch: 0.4 })
    .expect(200);
  await client().delete(calibration).expect(204);
  assert.ok(searches < 44, `${searches}`);
  const { body: after } = await client().get(calibration).expect(200);
  assert.deepEqual([after.state, after.calibration], ['done', kept]);
  t.mock.restoreAll();
  assert.equal((await calibrated()).state, 'done');
});
