// slow: starts processes
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { parseEvaluation } from '../../../src/eval/index.ts';
import { createApp, Evaluations } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
let evaluations: Evaluations;
let app: ReturnType<typeof createApp>;
const client = () => request(app);
const shop = '/v1/collections/shop';

/** The application anew over the same folder, as after a restart. */
async function reopen(options: object = {}): Promise<void> {
  evaluations = await Evaluations.open(join(api.folder, 'data'), options);
  app = createApp({ retriever: api.retriever, allow: 'admin', evaluations });
}

before(async () => {
  api = await openApi();
  await reopen();
  await client().put(shop).send({}).expect(201);
  const items = Array.from({ length: 24 }, (_, at) => ({
    id: `item-${at}`,
    file: `${at}`,
    label: `hue ${at % 4}`,
    split: at < 8 ? 'query' : 'gallery',
  }));
  const form = client().post(`${shop}/items/batch`).field('items', JSON.stringify(items));
  for (const [at] of items.entries()) form.attach('images', await stripes(90 * (at % 4) + at, 5), `${at}`);
  await form.expect(200);
});
after(async () => {
  await evaluations.close();
  await api.close();
});

interface Job {
  readonly id: string;
  readonly state: string;
  readonly figures?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly error?: { readonly code: string };
  readonly links: { readonly self: string; readonly report?: string };
}

async function start(body: object = {}): Promise<Job> {
  const answer = await client().post(`${shop}/evaluations`).send(body).expect(202);
  assert.equal(answer.headers['location'], answer.body.links.self);
  return answer.body;
}

async function ended(path: string): Promise<Job> {
  for (;;) {
    const { body } = await client().get(path).expect(200);
    if (!['queued', 'running'].includes(body.state)) return body;
    await sleep(50);
  }
}

test('an evaluation runs in the background and answers as JSON and as a page', async () => {
  const job = await start({ ks: [1, 5] });
  const done = await ended(job.links.self);
  assert.equal(done.state, 'done', JSON.stringify(done));
  const report = await client().get(`${done.links.report}`).set('Accept', 'application/json').expect(200);
  const evaluation = parseEvaluation(report.text, 'report');
  assert.deepEqual([evaluation.queries.count, evaluation.gallery.count], [8, 16]);
  const recall = evaluation.results[0]?.main.figures[0];
  assert.deepEqual([evaluation.results[0]?.metric, recall?.name], ['cosine', 'recall@1']);
  assert.equal(done.figures?.['cosine']?.['recall@1'], recall?.mean);
  const page = await client().get(`${done.links.report}`).set('Accept', 'text/html').expect(200);
  assert.match(page.headers['content-security-policy'] ?? '', /default-src 'none'/);
  assert.match(page.text, /data:image\/jpeg;base64/);
  const { body } = await client().get(`${shop}/evaluations`).expect(200);
  assert.equal(body.evaluations[0].id, job.id);
});

test('pages whose clients leave leave no files open', {
  skip: !existsSync('/proc/self/fd') && 'open files are counted in /proc, which is not here',
}, async () => {
  const { links } = await ended((await start({ ks: [1] })).links.self);
  const server = createServer(app).listen(0);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${links.self}/report`;
  const page = (signal?: AbortSignal): Promise<unknown> =>
    fetch(url, { headers: { accept: 'text/html' }, signal: signal ?? null }).then((answer) => answer.text());
  await page();
  const before = readdirSync('/proc/self/fd').length;
  for (let at = 0; at < 20; at += 1) await page(AbortSignal.timeout(5 + 10 * at)).catch(() => {});
  // Pages are made one after the other: the last one is the end of those before.
  await page();
  server.closeAllConnections();
  server.close();
  const more = (): number => readdirSync('/proc/self/fd').length - before;
  // The processes end in their own time.
  for (let waited = 0; more() >= 20 && waited < 100; waited += 1) await sleep(100);
  assert.ok(more() < 20, `${more()} more files are open`);
});

test('filters and a manifest say what is compared', async () => {
  const filters = await start({
    query: { field: 'split', equals: 'gallery' },
    index: false,
    metrics: ['l2'],
  });
  const manifest = [
    ...[1, 2, 3].map((n) => ({ id: `item-${n}`, split: 'query', label: 'mine' })),
    ...[4, 5].map((n) => ({ id: `item-${n}`, split: 'gallery', label: n === 4 ? 'mine' : 'other' })),
  ];
  const listed = await start({ manifest, index: false });
  const blank = [
    { id: 'item-1', split: 'query', label: 'x' },
    { id: 'item-2', split: 'gallery', label: 'x ' },
  ];
  const trimmed: typeof listed & { readonly notes?: readonly string[] } = await start({
    manifest: blank,
    index: false,
  });
  assert.match(`${trimmed.notes?.join()}`, /of 1 text, manifest\[1\]\.label: "x "\.$/);
  assert.equal('notes' in listed, false);
  const counts = [];
  for (const { links } of [filters, listed]) {
    const done = await ended(links.self);
    assert.equal(done.state, 'done', JSON.stringify(done));
    const { text } = await client().get(`${done.links.report}`).expect(200);
    const { queries, gallery, results, subject } = parseEvaluation(text, 'report');
    counts.push([queries.count, gallery.count, results[0]?.metric, subject.gallery === null]);
  }
  assert.deepEqual(counts, [
    [16, 16, 'l2', true],
    [3, 2, 'cosine', false],
  ]);
});

test('where recall is lost has the lines of the model, of the index and of a filter; what cannot be is refused at once', async () => {
  const path = `${shop}/evaluations`;
  const filter = { field: 'label', in: ['hue 0', 'hue 1'] };
  const post = (body: object) => client().post(path).send(body);
  assertProblem(await post({ filter }), 400, 'request-invalid');
  assertProblem(await post({ reference: 'tiny', splitLoss: false }), 400, 'request-invalid');
  assertProblem(await post({ splitLoss: true, reference: 'no model' }), 409, 'model-not-found');
  assertProblem(
    await post({ splitLoss: true, filter: { field: 'label', like: 'x' } }),
    400,
    'filter-invalid',
  );
  const whole = await start({ ks: [1], index: false, splitLoss: true, filter });
  // A float32 model is its own reference.
  const own = await start({ ks: [1], index: false, splitLoss: true, reference: 'tiny' });
  const done = await ended(whole.links.self);
  assert.equal(done.state, 'done', JSON.stringify(done));
  const { body } = await client().get(whole.links.self).expect(200);
  assert.deepEqual([body.request.splitLoss, body.request.filter], [true, filter]);
  const { text } = await client().get(`${done.links.report}`).expect(200);
  const rows = parseEvaluation(text, 'report').splitLoss?.rows ?? [];
  assert.deepEqual(
    rows.map(({ stage, missing }) => (missing === null ? stage : missing)),
    [
      'float32',
      'The model is not quantised: it computes in float32.',
      'The model has no projection: its feature is not shortened.',
      'stored',
      'index',
      'filter',
      'Every item of the gallery is its own product.',
    ],
  );
  const filtered = rows.find(({ stage }) => stage === 'filter')?.figures.find(({ name }) => name === 'map@r');
  assert.ok((filtered?.change?.difference ?? 0) < 0, 'half of what is right is hidden');
  const refused = await ended(own.links.self);
  assert.deepEqual([refused.state, refused.error?.code], ['failed', 'request-invalid']);
});

test('an item on both sides would find itself, and is refused; a long manifest is not', async () => {
  const overlapping = await start({
    query: { field: 'split', equals: 'query' },
    gallery: { field: 'id', exists: true },
  });
  const failed = await ended(overlapping.links.self);
  assert.deepEqual([failed.state, failed.error?.code], ['failed', 'source-invalid']);
  const label = 'a label that takes some room '.repeat(17);
  const manifest = Array.from({ length: 24 }, (_, n) => ({
    id: `item-${n}`,
    split: n < 8 ? 'query' : 'gallery',
    label,
  }));
  const long = await start({ manifest, index: false });
  assert.equal((await ended(long.links.self)).state, 'done');
});

test('cancelling thrice at once is answered thrice', async () => {
  const { links } = await start();
  const answers = await Promise.all([1, 2, 3].map(() => client().delete(links.self)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 204, 404]);
});

const bad: Readonly<Record<string, readonly [body: unknown, status: number, code: string]>> = {
  'a K of 0': [{ ks: [0] }, 400, 'request-invalid'],
  'a K twice': [{ ks: [1, 1] }, 400, 'request-invalid'],
  'a giant K': [{ ks: [1e9] }, 400, 'request-invalid'],
  'an unknown field': [{ kss: [1] }, 400, 'request-invalid'],
  'a metric twice': [{ metrics: ['l2', 'l2'] }, 400, 'request-invalid'],
  'an unknown metric': [{ metrics: ['dot'] }, 400, 'request-invalid'],
  'a filter that is none': [{ query: { field: 'label' } }, 400, 'filter-invalid'],
  'an item that is not there': [{ manifest: [{ id: 'nobody', split: 'query' }] }, 404, 'item-not-found'],
  'an item twice': [
    {
      manifest: [
        { id: 'item-1', split: 'query' },
        { id: 'item-1', split: 'query' },
      ],
    },
    400,
    'request-invalid',
  ],
  'filters and a manifest': [
    { manifest: [{ id: 'item-1', split: 'query' }], query: { field: 'id', exists: true } },
    400,
    'request-invalid',
  ],
  'a list': [[1, 2], 400, 'request-invalid'],
};
for (const [what, [body, status, code]] of Object.entries(bad))
  test(`refused, with nothing left behind: ${what}`, async () => {
    const before = evaluations.list('shop').length;
    assertProblem(
      await client()
        .post(`${shop}/evaluations`)
        .send(body as object),
      status,
      code,
    );
    assert.equal(evaluations.list('shop').length, before);
  });

test('a field __proto__ of the query string is refused', async () => {
  const sent = client().post(`${shop}/evaluations`).query('__proto__=1');
  assertProblem(await sent, 400, 'request-invalid');
});

test('what is not there is a 404, what is not done has no report', async () => {
  assertProblem(
    await client().post('/v1/collections/nowhere/evaluations').send({}),
    404,
    'collection-not-found',
  );
  assertProblem(await client().get(`${shop}/evaluations/nope`), 404, 'item-not-found');
  assertProblem(await client().get(`${shop}/evaluations/..%2F..%2Fx/report`), 404, 'item-not-found');
  const job = await start({
    query: { field: 'id', equals: 'item-1' },
    gallery: { field: 'id', equals: 'nobody' },
  });
  assertProblem(await client().get(`${job.links.self}/report`), 409, 'evaluation-pending');
  const failed = await ended(job.links.self);
  assert.deepEqual([failed.state, failed.error?.code], ['failed', 'source-invalid']);
});

test('a restart goes on with what waits, a cancelled one stays cancelled, a finished one can be removed', async () => {
  const [first, second, third] = [await start(), await start(), await start()];
  const cancelled = await client().delete(third.links.self).expect(200);
  assert.equal(cancelled.body.state, 'cancelled');
  await evaluations.close();
  await reopen({ maxQueue: 2 });
  assert.equal((await ended(third.links.self)).state, 'cancelled');
  assert.equal((await ended(first.links.self)).state, 'done');
  assert.equal((await ended(second.links.self)).state, 'done');
  await client().delete(first.links.self).expect(204);
  assertProblem(await client().get(first.links.self), 404, 'item-not-found');
});

test('running ones are ended at once, and a full queue is a 503 that says when to come back', async () => {
  await evaluations.close();
  // Jobs that run until they are aborted, however fast the machine is.
  const run = (_job: unknown, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<never> =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  await reopen({ maxQueue: 2, run });
  const jobs = [await start(), await start(), await start()];
  assert.deepEqual(
    jobs.map(({ state }) => state),
    ['running', 'queued', 'queued'],
  );
  const answer = await client().post(`${shop}/evaluations`).send({});
  assertProblem(answer, 503, 'queue-full');
  assert.ok(Number(answer.headers['retry-after']) > 0);
  for (const { links } of jobs) await client().delete(links.self).expect(200);
  assert.ok(evaluations.list('shop').every(({ state }) => !['queued', 'running'].includes(state)));
  await evaluations.close();
  await reopen();
});

test('searches answer while an evaluation runs, and a dropped collection takes its evaluations along', async () => {
  const name = '/v1/collections/gone';
  await client().put(name).send({}).expect(201);
  await client()
    .put(`${name}/items/a`)
    .field('label', 'x')
    .attach('image', await stripes(1, 4), 'a')
    .expect(201);
  await client()
    .put(`${name}/items/b`)
    .field('label', 'x')
    .attach('image', await stripes(2, 4), 'b')
    .expect(201);
  const { body } = await client().post(`${name}/evaluations`).send({}).expect(202);
  await client().post(`${shop}/search`).send({ itemId: 'item-3' }).expect(200);
  await client().delete(name).expect(204);
  assertProblem(await client().get(body.links.self), 404, 'collection-not-found');
  assert.equal(evaluations.list('gone').length, 0);
});

test('an evaluation that cannot be made says why', async () => {
  const name = '/v1/collections/small';
  await client().put(name).send({}).expect(201);
  for (const [id, body, code] of [
    ['a', {}, 'nothing-relevant'],
    ['b', { metrics: ['l2'], metricOptions: { a: 1 } }, 'request-invalid'],
  ] as const) {
    const picture = await stripes(1, 4);
    await client().put(`${name}/items/${id}`).field('label', 'x').attach('image', picture, id).expect(201);
    const answer = await client().post(`${name}/evaluations`).send(body).expect(202);
    const job = await ended(answer.body.links.self);
    assert.deepEqual([job.state, job.error?.code], ['failed', code], JSON.stringify(job));
  }
});
