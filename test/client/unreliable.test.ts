// slow: kills a server process
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  AnswerError,
  ClientError,
  type ClientOptions,
  ConnectionError,
  PictureError,
  ProblemError,
  SnapshelfClient,
  TimeoutError,
} from '../../src/client/index.ts';
import { startProcess } from '../server/child.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-unreliable-'));
let server: Server;
let url: string;
let listener: RequestListener = () => undefined;

before(async () => {
  server = createServer((request, response) => listener(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const json = { 'Content-Type': 'application/json' };
const large = new Uint8Array(8 * 2 ** 20);

/** Calls a server that behaves in a way, once, and returns the error. */
async function errorOf(
  behave: RequestListener,
  call: (client: SnapshelfClient) => Promise<unknown>,
  options: ClientOptions = {},
): Promise<unknown> {
  listener = behave;
  const client = new SnapshelfClient(url, { retries: 0, ...options });
  return call(client).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const isOf = (error: unknown, type: new (...of: never[]) => ClientError, code: string): void => {
  assert.ok(error instanceof type && error instanceof ClientError, String(error));
  assert.equal(error.code, code);
};

test('whatever a connection does, the error is one of the client, with a code', async () => {
  const list = (client: SnapshelfClient) => client.listItems('shop');
  const put = (client: SnapshelfClient) => client.putItem('shop', 'a', { image: large });
  const cut: RequestListener = (_, response) => {
    response.writeHead(200, { ...json, 'Content-Length': 100 });
    response.write('{"items":[', () => response.destroy());
  };
  isOf(await errorOf(cut, list), ConnectionError, 'unreachable');
  isOf(
    await errorOf((request) => request.socket.end('garbage\r\n\r\n'), list),
    ConnectionError,
    'unreachable',
  );
  const midUpload: RequestListener = (request) => request.once('data', () => request.socket.destroy());
  isOf(await errorOf(midUpload, put), ConnectionError, 'unreachable');
  isOf(
    await errorOf((_, response) => response.writeHead(302, { Location: '/' }).end(), list),
    ConnectionError,
    'unreachable',
  );
  for (const body of ['', 'null', '7', '<html>', '{"half":'])
    isOf(
      await errorOf((_, response) => response.writeHead(200, json).end(body), list),
      AnswerError,
      'answer-unreadable',
    );
  const early: RequestListener = (_, response) => {
    const problem = { type: '', title: '', status: 413, code: 'body-too-large', detail: 'Too large.' };
    response.writeHead(413, { ...json, Connection: 'close' }).end(JSON.stringify(problem));
  };
  isOf(await errorOf(early, put), ProblemError, 'body-too-large');
  const backup = async (client: SnapshelfClient) => {
    for await (const _ of await client.getBackup());
  };
  isOf(await errorOf(cut, backup), ConnectionError, 'unreachable');
});

test('an answer that stalls in its head, its body or its error is a timeout; one without a limit is waited for', async () => {
  const list = (client: SnapshelfClient) => client.listItems('shop', {}, { timeoutMs: 100 });
  const inBody =
    (status: number): RequestListener =>
    (_, response) =>
      void response.writeHead(status, json).write('{"items":[');
  for (const behave of [() => undefined, inBody(200), inBody(503)])
    isOf(await errorOf(behave, list), TimeoutError, 'timeout');
  for (const timeoutMs of [0, 3e9, Number.POSITIVE_INFINITY]) {
    const good: RequestListener = (_, response) =>
      response.writeHead(200, json).end('{"items":[],"next":null}');
    assert.equal(await errorOf(good, (client) => client.listItems('shop', {}, { timeoutMs })), undefined);
  }
});

test('a signal ends a call wherever it is, with its own reason, and an error of a callback is its own', async () => {
  const reason = new Error('The shopper is gone.');
  const stop = new AbortController();
  const inUpload: RequestListener = (request) => request.once('data', () => stop.abort(reason));
  const upload = (client: SnapshelfClient) =>
    client.putItem('shop', 'a', { image: large }, { signal: stop.signal });
  assert.equal(await errorOf(inUpload, upload, { retries: 4 }), reason);
  const inAnswer = new AbortController();
  const slow: RequestListener = (_, response) =>
    void response.writeHead(200, json).write('{', () => inAnswer.abort(reason));
  assert.equal(await errorOf(slow, (client) => client.listModels({ signal: inAnswer.signal })), reason);
  const own = new TypeError('A mistake of the caller.');
  const onResponse = (): never => {
    throw own;
  };
  const good: RequestListener = (_, response) => response.writeHead(200, json).end('{"models":[]}');
  assert.equal(await errorOf(good, (client) => client.listModels({ onResponse }), { retries: 4 }), own);
});

test('a file that has changed since it was chosen is named as what is wrong, and not sent again', async () => {
  const path = join(folder, 'photo.jpg');
  writeFileSync(path, 'as it was');
  const image = await openAsBlob(path);
  writeFileSync(path, 'as it is, which is longer');
  let retried = 0;
  const onRetry = () => {
    retried += 1;
  };
  const quiet: RequestListener = (request) => request.resume();
  for (const call of [
    (client: SnapshelfClient) => client.putItem('shop', 'a', { image }),
    (client: SnapshelfClient) => client.searchBatch('shop', [{ image }]),
  ])
    isOf(await errorOf(quiet, call, { retries: 4, onRetry }), PictureError, 'picture-unreadable');
  assert.equal(retried, 0);
});

test('a date in Retry-After is by the clock of the server: a wrong one here changes nothing', async () => {
  const now = new Date('2031-05-01T10:00:00Z');
  const busy: RequestListener = (_, response) => {
    const problem = { type: '', title: '', status: 503, code: 'queue-full', detail: 'Busy.' };
    const headers = {
      ...json,
      Date: now.toUTCString(),
      'Retry-After': new Date(now.getTime() + 7000).toUTCString(),
    };
    response.writeHead(503, headers).end(JSON.stringify(problem));
  };
  const error = await errorOf(busy, (client) => client.listModels());
  isOf(error, ProblemError, 'queue-full');
  assert.equal((error as ProblemError).retryAfterMs, 7000);
});

test('a server that is killed during an import: the import says so, and run again it stores the rest', async () => {
  const data = join(folder, 'data');
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  const killed = await startProcess(data, model);
  const pictures = await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (n) => new Uint8Array(await stripes(40 * n, 5))),
  );
  const client = new SnapshelfClient(killed.url, { retries: 1 });
  await client.createCollection('shop');
  let done = 0;
  async function* goods(stop?: () => Promise<unknown>) {
    for (const [at, image] of pictures.entries()) {
      if (at === 4) await stop?.();
      yield { id: `mug-${at}`, image };
    }
  }
  const options = { batchItems: 2, onProgress: (progress: { done: number }) => (done = progress.done) };
  await assert.rejects(
    client.importItems(
      'shop',
      goods(() => killed.stop('SIGKILL')),
      options,
    ),
    (error) => error instanceof ConnectionError && error.code === 'unreachable',
  );
  assert.equal(done, 4);
  const again = await startProcess(data, model);
  const report = await new SnapshelfClient(again.url).importItems('shop', goods());
  assert.deepEqual([report.added, report.unchanged, report.failed], [2, 4, []]);
  await again.stop('SIGTERM');
});
