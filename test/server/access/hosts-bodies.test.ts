// slow: takes seconds
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import express, { type Express, type RequestHandler } from 'express';
import request from 'supertest';
import { createApp } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, assertProblem, openApi } from '../support.ts';

// What a mounted application does with requests that its host had first.
let api: Api;
const shop = '/v1/collections/shop';

before(async () => {
  api = await openApi();
  await api.retriever.createCollection('shop');
  await api.retriever.add('shop', [{ id: 'one', image: await stripes(10, 5) }]);
});
after(() => api.close());

const behind = (...first: readonly RequestHandler[]): Express => express().use(...first, api.app);
const search = (host: Express, body: string | object) =>
  request(host).post(`${shop}/search`).set('Content-Type', 'application/json').send(body);

async function listen(t: TestContext, host: Express): Promise<{ server: Server; port: number }> {
  const server = createServer(host).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

const head = (length: number): string =>
  `POST ${shop}/search HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

/** A host in front of an application that takes 1,000 bytes of bodies at once. */
const narrow = (...first: readonly RequestHandler[]): Express =>
  express().use(...first, createApp({ retriever: api.retriever, limits: { bytesInFlight: 1000 } }));

const body = JSON.stringify({ itemId: 'one' }).padEnd(900);

test('who has left before the application is asked holds none of its room', async (t) => {
  const gone: Promise<unknown>[] = [];
  const slow: RequestHandler = (asked, response, next) => {
    if (asked.headers['x-stay'] !== undefined) next();
    else gone.push(once(response, 'close').then(() => next()));
  };
  const { server, port } = await listen(t, narrow(slow));
  for (let round = 0; round < 3; round += 1) {
    const socket = await open(port);
    socket.write(`${head(900)}{`);
    await once(server, 'request');
    socket.destroy();
    await gone.at(-1);
  }
  await request(server)
    .post(`${shop}/search`)
    .set({ 'Content-Type': 'application/json', 'X-Stay': '1' })
    .send(body)
    .expect(200);
});

test('nor does a request that waited for its turn on a connection that has ended', async (t) => {
  let ends: Promise<unknown>[] = [];
  let read = (): void => {};
  const isRead = new Promise<void>((resolve) => {
    read = resolve;
  });
  // The first request of the connection is never answered, so that the second one's answer waits for ever.
  const stuck: RequestHandler = (asked, _response, next) => {
    if (asked.headers['x-stuck'] === undefined) {
      asked.once('end', read);
      next();
    } else ends = [once(asked.socket, 'close')];
  };
  const { server, port } = await listen(t, narrow(stuck));
  const socket = await open(port);
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Stuck: 1\r\n\r\n${head(900)}${body}`);
  await isRead;
  socket.destroy();
  await Promise.all(ends);
  await request(server).post(`${shop}/search`).set('Content-Type', 'application/json').send(body).expect(200);
});

test('a body that the host has read stays whole, small or large', async () => {
  const bodies: Buffer[] = [];
  const slab = Buffer.alloc(2 ** 20);
  const inSlab: RequestHandler = (asked, _response, next) => {
    (asked.body as Buffer).copy(slab, 1000);
    asked.body = slab.subarray(1000, 1000 + (asked.body as Buffer).length);
    bodies.push(asked.body as Buffer);
    next();
  };
  const raw = express.raw({ type: '*/*', limit: '10mb' });
  const keep: RequestHandler = (asked, _response, next) => {
    bodies.push(asked.body as Buffer);
    next();
  };
  for (const host of [behind(raw, keep), behind(raw, inSlab)])
    for (const length of [100, 300_000]) {
      const sent = JSON.stringify({ itemId: 'one' }).padEnd(length);
      await search(host, sent).expect(200);
      assert.equal(bodies.at(-1)?.toString(), sent);
      assert.equal(slab.length, 2 ** 20);
    }
});

test('a body that nobody received here is no part of a request', async () => {
  for (const given of ['x'.repeat(300_000), { limit: 'x' }, Buffer.from('{"limit":"x"}'), [1]]) {
    const host = behind((asked, _response, next) => {
      asked.body = given;
      next();
    });
    const { body: list } = await request(host).get(`${shop}/items`).expect(200);
    assert.equal(list.items.length, 1);
    await request(host).post(`${shop}/search?itemId=one`).expect(200);
  }
});

test('what a host made of a body is bounded before it is written anew', async (t) => {
  const large: Readonly<Record<string, readonly [body: object | string, status: number]>> = {
    values: [{ vector: Array(40_000).fill(1) }, 400],
    elements: [{ vector: Array(20_000).fill(1) }, 400],
    members: [Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, 1])), 400],
    depth: [JSON.parse(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`), 400],
    characters: [{ itemId: 'x'.repeat(70e6) }, 400],
    keys: [{ ['k'.repeat(70e6)]: 1 }, 400],
    text: [JSON.stringify({ itemId: 'one' }).padEnd(70e6), 413],
  };
  const { stringify } = JSON;
  for (const [what, [given, status]] of Object.entries(large)) {
    const host = behind(express.json(), (asked, _response, next) => {
      asked.body = given;
      next();
    });
    const written = t.mock.method(JSON, 'stringify', (value: unknown, ...rest: []) => {
      assert.notEqual(value, given, `${what} was written`);
      return stringify(value, ...rest);
    });
    const answer = await search(host, '{"itemId":"one"}');
    written.mock.restore();
    assertProblem(answer, status, status === 413 ? 'body-too-large' : 'request-invalid');
  }
});

test('a body that was read and thrown away is no empty one', async () => {
  const drain: RequestHandler = (asked, _response, next) =>
    void asked.resume().once('end', () => setImmediate(next));
  assertProblem(await search(behind(drain), '{"itemId":"one"}'), 400, 'request-invalid');
});
