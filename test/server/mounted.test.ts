// slow: starts processes
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import express, { Router } from 'express';
import request from 'supertest';
import { type App, createApp, Evaluations } from '../../src/server/index.ts';
import { stripes } from '../support/pictures.ts';
import { type Api, openApi } from './support.ts';

let api: Api;
let evaluations: Evaluations;
let picture: Buffer;
const shop = '/v1/collections/shop';

before(async () => {
  api = await openApi();
  picture = await stripes(10, 5);
  evaluations = await Evaluations.open(join(api.folder, 'data'));
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'a/b c', image: picture, label: 'x' }]);
});
after(async () => {
  await evaluations.close();
  await api.close();
});

const open = (): App => createApp({ retriever: api.retriever, evaluations, allow: 'admin' });

/** The application in others, with the prefix by which a client reaches it. */
const mounts: readonly (readonly [string, string, () => App])[] = [
  ['by itself', '', open],
  ['under a path', '/snapshelf', () => express().use('/snapshelf', open())],
  [
    'in a router in a router',
    '/a/b/c',
    () => express().use('/a', Router().use('/b', Router().use('/c', open()))),
  ],
  ['in an application in an application', '/a/b', () => express().use('/a', express().use('/b', open()))],
  [
    'under a path with characters to be encoded',
    '/m%C3%B6bel%20%26%20mehr',
    () => express().use('/:store', open()),
  ],
  ['under an encoded path', '/m%C3%B6bel', () => express().use('/m%C3%B6bel', open())],
];

for (const [name, prefix, mount] of mounts)
  test(`mounted ${name}, every link and Location leads back`, async () => {
    const app = mount();
    const follow = (link: string) => {
      assert.ok(link.startsWith(`${prefix}/`), link);
      return request(app).get(link).expect(200);
    };
    const root = await request(app).get(`${prefix}/`).expect(200);
    assert.deepEqual(Object.keys(root.body.links), [
      'collections',
      'models',
      'docs',
      'openapi',
      'ready',
      'metrics',
    ]);
    for (const link of Object.values<string>(root.body.links)) await follow(link);
    const { body: list } = await follow(root.body.links.collections);
    const { links } = list.collections[0];
    const { body: page } = await follow(links.items);
    for (const link of Object.values<string>(page.items[0].links)) await follow(link);
    const found = await request(app)
      .post(links.search)
      .send({ vector: Array(32).fill(1) })
      .expect(200);
    for (const link of Object.values<string>(found.body.results[0].item.links)) await follow(link);
    const put = await request(app).put(page.items[0].links.self).attach('image', picture, 'a').expect(200);
    await follow(put.body.links.self);
    const batch = await request(app).post(`${links.items}/batch`).attach('images', picture, 'ü').expect(200);
    await follow(batch.body.results[0].item.links.thumbnail);
    const reindex = await request(app)
      .post(`${prefix}${shop}/reindex?model=${api.retriever.namedModel?.id}`)
      .expect(202);
    await follow(reindex.headers['location'] ?? '');
    await request(app)
      .delete(reindex.headers['location'] ?? '')
      .expect(200);
    const job = await request(app).post(`${prefix}${shop}/evaluations`).send({}).expect(202);
    assert.equal(job.headers['location'], job.body.links.self);
    await follow(job.body.links.self);
    await request(app).delete(job.body.links.self);
  });

test('headers are about the answer alone, never about the domain of the host application', async () => {
  const host = express().disable('x-powered-by');
  host.use((_request, response, next) => {
    response.set('Strict-Transport-Security', 'max-age=5');
    next();
  });
  host.use('/snapshelf', createApp({ retriever: api.retriever }));
  for (const path of ['/', `${shop}/items/a%2Fb%20c/image`, '/nowhere', shop]) {
    const { headers } = await request(host).get(`/snapshelf${path}`);
    assert.equal(headers['strict-transport-security'], 'max-age=5', "the host's own is kept");
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.match(headers['content-security-policy'] ?? '', /^default-src 'none';/);
    const alone = await request(createApp({ retriever: api.retriever })).get(path);
    const aboutOne =
      /^(content-|x-request-id|cache-control|etag|vary|date|connection|keep-alive|x-content-type-options|x-frame-options|referrer-policy|cross-origin-resource-policy|transfer-encoding)/;
    for (const name of Object.keys(alone.headers)) assert.match(name, aboutOne);
  }
});

test('a picture has a strong tag, what is read as JSON one of its own, an error none', async () => {
  const app = open();
  const tagOf = async (path: string): Promise<string | undefined> =>
    (await request(app).get(path)).headers['etag'];
  for (const path of ['/v1/collections', `${shop}/items`])
    assert.match((await tagOf(path)) ?? '', /^W\/"[\w-]{22}"$/);
  assert.match((await tagOf(`${shop}/items/a%2Fb%20c`)) ?? '', /^"[\w-]{22}"$/);
  assert.match((await tagOf(`${shop}/items/a%2Fb%20c/image`)) ?? '', /^"[0-9a-f]{64}"$/);
  assert.equal(await tagOf('/nowhere'), undefined);
});

test('no frame of another page shows an answer', async () => {
  const { headers } = await request(createApp({ retriever: api.retriever })).get('/');
  assert.equal(headers['content-security-policy'], "default-src 'none';frame-ancestors 'none'");
  assert.equal(headers['x-frame-options'], 'DENY');
});
