// slow: starts an S3 server where one is named
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { newReference } from '../../../src/engine/index.ts';
import { S3Store } from '../../../src/engines/pictures/s3-store.ts';
import { SnapshelfError, statusOf } from '../../../src/errors.ts';
import { startS3, withoutS3 } from './support/s3-server.ts';

const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'a-secret-of-the-shop' };
const picture = Buffer.from('a picture');
const about = {
  sha256: createHash('sha256').update(picture).digest('hex'),
  mediaType: 'image/png',
  itemId: 'größe/1',
};
const key = newReference('shop', 'shop-20260101000000000', picture).key;
const empty = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that answers the first requests as it is told, and all others with an empty list. */
async function fakeS3(t: TestContext, ...answers: readonly Answer[]) {
  const asked: string[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    request.on('end', () => (left.shift() ?? ((_, all) => all.end(empty)))(request, response));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store = await S3Store.open('s3://shop/in', { ...keys, AWS_ENDPOINT_URL: endpoint }, { waitMs: 1 });
  asked.length = 0;
  return { store, asked, answerNext: (...next: readonly Answer[]) => left.push(...next) };
}

const status =
  (code: number, body = ''): Answer =>
  (_, response) => {
    response.statusCode = code;
    response.end(body);
  };

const unavailable = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SnapshelfError);
  assert.deepEqual([error.code, statusOf(error.code)], ['picture-store-unavailable', 503]);
  assert.match(error.message, message);
  assert.ok(Number(error.details?.['retryAfterSeconds']) > 0);
  assert.doesNotMatch(`${error.stack} ${JSON.stringify(error.details)} ${error.cause}`, /a-secret/);
  return true;
};

test('a request that fails is made again; a write that was made again has one key', async (t) => {
  const { store, asked, answerNext } = await fakeS3(t);
  answerNext(
    status(503, '<Error><Code>SlowDown</Code></Error>'),
    (request) => request.socket.destroy(),
    status(200),
  );
  await store.put(key, picture, about);
  assert.deepEqual(
    asked,
    Array.from({ length: 3 }, () => `PUT /shop/in/${key}`),
  );
});

test('a store that gives no answer is told as that; one that refuses is not asked again', async (t) => {
  const { store, asked, answerNext } = await fakeS3(t);
  answerNext(...Array.from({ length: 4 }, () => status(500, '<Error><Code>InternalError</Code></Error>')));
  await assert.rejects(
    store.put(key, picture, about),
    unavailable(/s3:\/\/shop\/in gives no answer \(500 InternalError\)/),
  );
  assert.equal(asked.length, 4);
  asked.length = 0;
  answerNext(status(403, '<Error><Code>AccessDenied</Code></Error>'));
  await assert.rejects(store.get(key, 9), unavailable(/refuses a request \(403 AccessDenied\)/));
  answerNext(status(404, '<Error><Code>NoSuchBucket</Code></Error>'));
  await assert.rejects(store.get(key, 9), unavailable(/404 NoSuchBucket/));
  answerNext(status(307));
  await assert.rejects(store.get(key, 9), unavailable(/307/));
  assert.equal(asked.length, 3);
  answerNext(status(404, '<Error><Code>NoSuchKey</Code></Error>'));
  assert.equal(await store.get(key, 9), undefined);
  answerNext(status(200, 'ten bytes!'));
  assert.equal(await store.get(key, 9), undefined);
});

test('closing ends what is under way', async (t) => {
  const { store, answerNext } = await fakeS3(t);
  answerNext(() => store.close());
  await assert.rejects(store.get(key, 9), { code: 'closed' });
  await assert.rejects(store.remove(key), { code: 'closed' });
});

test('a real server takes, gives, lists and removes pictures', {
  skip: withoutS3,
}, async (t) => {
  const server = await startS3();
  t.after(() => server.stop());
  const store = await S3Store.open('s3://shop/in/here', server.environment, { pageKeys: 3 });
  await store.put(key, picture, about);
  await store.put(key, picture, about);
  assert.deepEqual(Buffer.from((await store.get(key, picture.length)) ?? []), picture);
  assert.equal(await store.get(key, picture.length + 1), undefined);
  assert.deepEqual(await store.find(key), { itemId: about.itemId });
  await assert.rejects(store.put(key, Buffer.from('another'), about), unavailable(/400/));
  const many = Array.from({ length: 7 }, (_, at) => `shop-20260101000000001/n${String(at).padStart(4, '0')}`);
  await Promise.all(many.map((one) => store.put(one, picture, { ...about, itemId: 'x'.repeat(512) })));
  const listed = [];
  for await (const one of store.list('shop-20260101000000001/')) listed.push(one);
  assert.deepEqual(
    listed.map((one) => one.key),
    many,
  );
  assert.ok(listed.every(({ byteLength, writtenAt }) => byteLength === picture.length && writtenAt > 1.7e12));
  await store.remove(key);
  await store.remove(key);
  assert.deepEqual([await store.find(key), await store.get(key, picture.length)], [undefined, undefined]);
  assert.deepEqual(readdirSync(join(server.folder, 'shop/in/here')).sort(), ['shop-20260101000000001']);
  await assert.rejects(S3Store.open('s3://other', server.environment), unavailable(/NoSuchBucket/));
  const wrong = { ...server.environment, AWS_SECRET_ACCESS_KEY: 'a-secret-of-another' };
  await assert.rejects(S3Store.open('s3://shop', wrong), unavailable(/SignatureDoesNotMatch/));
});
