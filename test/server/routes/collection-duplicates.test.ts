// slow: takes seconds
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import request from 'supertest';
import { createApp } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

let api: Api;
const path = '/v1/collections/shop/duplicates';
const client = () => request(api.app);
const file = (name: string): string => join(api.folder, 'data', 'duplicates', `${name}.json`);

before(async () => {
  api = await openApi();
  await api.retriever.createCollection('shop');
  const [one, other, third] = await Promise.all([stripes(10, 5), stripes(200, 9), stripes(300, 20)]);
  const inputs = { 'a/1': one, 'a/2': one, 'a/3': one, b: other, 'c-1': third, 'c-2': third };
  await api.retriever.add(
    'shop',
    Object.entries(inputs).map(([id, image]) => ({ id, image })),
  );
});
after(() => api.close());

interface Answer {
  readonly state: string;
  readonly results: { group: number; size: number; items: { identical: boolean; item: { id: string } }[] }[];
  readonly next: string | null;
}

async function ended(): Promise<Answer> {
  for (;;) {
    const { body } = await client().get(path).expect(200);
    if (body.state !== 'running') return body;
    await setImmediate();
  }
}

const ids = ({ results }: Answer): [number, string[]][] =>
  results.map(({ group, items }) => [group, items.map(({ item }) => item.id)]);

/** Holds the reading of items until `open` is called. */
function gate(): { readonly open: () => void } {
  const { gallery } = api.retriever;
  const { ids: read } = gallery;
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  gallery.ids = async (...given) => {
    await promise;
    return read.apply(gallery, given);
  };
  return {
    open: () => {
      gallery.ids = read;
      resolve();
    },
  };
}

test('groups of a collection: started, watched, read page by page, removed', async () => {
  assertProblem(await client().get(path), 404, 'item-not-found');
  assertProblem(await client().delete(path), 404, 'item-not-found');
  const held = gate();
  const { body, headers } = await client().post(path).send({ threshold: 0.999_999 }).expect(202);
  assert.deepEqual([body.state, body.done, body.total, headers['location']], ['running', 0, 6, path]);
  assertProblem(await client().post(path).send({}), 409, 'collection-busy');
  assert.equal((await client().get(path)).body.state, 'running');
  held.open();
  const whole = await ended();
  const wanted = [
    [0, ['a/1', 'a/2', 'a/3']],
    [1, ['c-1', 'c-2']],
  ];
  assert.deepEqual([whole.state, ids(whole), whole.next], ['done', wanted, null]);
  assert.ok(whole.results.every(({ items }) => items.every(({ identical }) => identical)));
  const pages: [number, string[]][][] = [];
  for (let after: string | undefined; ; ) {
    const { body: page } = await client().get(path).query({ limit: 2, after }).expect(200);
    pages.push(ids(page));
    if (page.next === null) break;
    after = page.next;
  }
  assert.deepEqual(pages, [
    [[0, ['a/1', 'a/2']]],
    [
      [0, ['a/3']],
      [1, ['c-1']],
    ],
    [[1, ['c-2']]],
  ]);
  await api.retriever.gallery.delete('shop', ['c-2']);
  const { body: later } = await client().get(path);
  assert.deepEqual([later.changed, later.gone, later.results[1].size], [1, 1, 2]);
  await client().delete(path).expect(204);
  assertProblem(await client().get(path), 404, 'item-not-found');
  assert.equal(existsSync(file('shop')), false);
});

test('a cursor of another search, a field that there is not and a metric without a default are refused', async () => {
  await client().post(path).send({}).expect(202);
  await ended();
  const { body } = await client().get(path).query({ limit: 1 });
  assertProblem(
    await client()
      .get(path)
      .query({ after: `x${body.next}` }),
    400,
    'cursor-invalid',
  );
  assertProblem(await client().post(path).send({ threshold: 0 }), 400, 'request-invalid');
  assertProblem(await client().post(path).send({ limit: 1 }), 400, 'request-invalid');
  assertProblem(await client().post('/v1/collections/none/duplicates').send({}), 404, 'collection-not-found');
  await api.retriever.createCollection('lengths', { metric: 'l2' });
  assertProblem(await client().post('/v1/collections/lengths/duplicates').send({}), 400, 'request-invalid');
});

test('one is cancelled; the end of the server interrupts one, and the same request continues it', async () => {
  const held = gate();
  await client().post(path).send({ threshold: 0.5 }).expect(202);
  const cancelled = client().delete(path).expect(204);
  cancelled.then(
    () => {},
    () => {},
  );
  held.open();
  await cancelled;
  assertProblem(await client().get(path), 404, 'item-not-found');
  const stop = new AbortController();
  const onProgress = ({ done }: { readonly done: number }): void => {
    if (done === 2) stop.abort();
  };
  await assert.rejects(
    api.retriever.findDuplicates('shop', { threshold: 0.5, signal: stop.signal, onProgress }),
  );
  const app = createApp({ retriever: api.retriever, allow: 'admin' });
  const { body } = await request(app).get(path);
  assert.deepEqual([body.state, body.done, body.threshold], ['interrupted', 2, 0.5]);
  const again = await request(app).post(path).send({ threshold: 0.5 }).expect(202);
  assert.equal(again.body.done, 2);
  while ((await request(app).get(path)).body.state === 'running') await setImmediate();
  assert.equal((await request(app).get(path)).body.done, 5);
});

test('a collection that is removed takes its search along', async () => {
  await api.retriever.createCollection('short');
  await api.retriever.add('short', [{ id: 'one', image: await stripes(10, 5) }]);
  const held = gate();
  await client().post('/v1/collections/short/duplicates').send({}).expect(202);
  const removed = client().delete('/v1/collections/short').expect(204);
  removed.then(
    () => {},
    () => {},
  );
  held.open();
  await removed;
  assert.equal(existsSync(file('short')), false);
  await client().post(path).send({}).expect(202);
  await ended();
});
