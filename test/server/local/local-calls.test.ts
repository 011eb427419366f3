// slow: starts a server
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import { type RunningServer, startServer } from '../../../src/server/index.ts';
import { isFromThisMachine, localPath, proofOf } from '../../../src/server/local/token.ts';

const data = mkdtempSync(join(tmpdir(), 'snapshelf-local-'));
let server: RunningServer;
let token = '';
before(async () => {
  server = await startServer({ data, port: 0, allow: 'search' });
  token = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')).token;
});
after(async () => {
  await server.close();
  rmSync(data, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly proof: unknown;
  readonly body: {
    readonly value?: unknown;
    readonly error?: Readonly<Record<string, unknown>>;
  };
}

/** Calls an operation as a command of this machine does. */
const ask = (
  operation: string,
  given: readonly unknown[],
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${token}` },
  method = 'POST',
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const all = { 'snapshelf-nonce': 'n', host: 'elsewhere.example', ...headers };
    const receive = async (response: IncomingMessage): Promise<void> => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece as Buffer);
      const { statusCode: status, headers } = response;
      const bytes = Buffer.concat(pieces);
      const isProblem = headers['content-type'] === 'application/problem+json';
      const body = isProblem ? { error: JSON.parse(bytes.toString()) } : deserialize(bytes);
      resolve({ status, proof: headers['snapshelf-proof'], body });
    };
    const sent = request(`${server.url}${localPath}/${operation}`, { method, headers: all });
    sent.on('response', (response) => receive(response).catch(reject)).on('error', reject);
    sent.end(method === 'POST' ? serialize(given) : undefined);
  });

test('the file with the token is its owner’s alone', {
  skip: process.platform === 'win32' && 'Windows has no such rights',
}, () => {
  assert.equal(statSync(join(data, 'server.json')).mode & 0o777, 0o600);
});

test('the token opens the gallery, whatever part of the API is open', async () => {
  const settings = { name: 'shop', modelId: 'a'.repeat(64), modelName: 'm', dimension: 2, metric: 'cosine' };
  const made = await ask('create', [settings]);
  assert.deepEqual([made.status, made.proof], [200, proofOf(token, 'n')]);
  const vector = Float32Array.of(1, 0);
  const item = { id: 'mug', vector, imageHash: 'b'.repeat(64) };
  await ask('upsert', ['shop', settings.modelId, [item]]);
  assert.deepEqual(
    (await ask('hashes', ['shop', ['mug', 'cup']])).body.value,
    new Map([['mug', item.imageHash]]),
  );
  assert.deepEqual((await ask('vector', ['shop', 'mug'])).body.value, vector);
  const kept = [join(data, 'duplicates', 'shop.json'), join(data, 'idempotency', 'shop', 'a.json')];
  for (const file of kept) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '{}');
  }
  assert.equal((await ask('drop', ['shop'])).body.error, undefined);
  assert.deepEqual(kept.filter(existsSync), [], 'what is kept of the collection is gone too');
  assert.equal((await ask('info', ['shop'])).body.error?.['code'], 'collection-not-found');
});

test('without the token nothing is done, and nothing else than operations with it', async () => {
  for (const authorization of [
    '',
    `Bearer ${'0'.repeat(64)}`,
    `Bearer ${token}0`,
    token,
    `bearer ${token}`,
  ]) {
    const { status, body } = await ask('collections', [], { authorization });
    assert.deepEqual([status, body.error?.['code']], [403, 'forbidden'], authorization);
    // A problem as any other, which tells nothing of this machine.
    assert.deepEqual(Object.keys(body.error ?? {}), ['type', 'title', 'status', 'detail', 'code']);
  }
  for (const operation of ['close', 'toString', '__proto__', 'constructor', ''])
    assert.equal((await ask(operation, [])).status, 404, operation);
});

test('what came through a proxy is refused', async () => {
  const forwarded = { authorization: `Bearer ${token}`, 'x-forwarded-for': '127.0.0.1' };
  const { status, proof } = await ask('collections', [], forwarded);
  assert.deepEqual([status, proof], [403, undefined]);
});

test('the server proves itself to who does not tell the token', async () => {
  const { status, proof } = await ask('', [], {}, 'GET');
  assert.deepEqual([status, proof], [200, proofOf(token, 'n')]);
});

test('this machine is a loopback address, or one that calls itself', () => {
  const from = (remoteAddress: string, localAddress: string): boolean =>
    isFromThisMachine({ socket: { remoteAddress, localAddress }, headers: {} } as IncomingMessage);
  assert.ok(
    from('127.0.0.1', '127.0.0.1') && from('::1', '::1') && from('::ffff:127.0.0.1', '::ffff:127.0.0.1'),
  );
  assert.ok(from('192.0.2.7', '192.0.2.7'));
  assert.ok(
    !from('192.0.2.8', '192.0.2.7') && !from('172.17.0.1', '172.17.0.2') && !from('12.7.0.1', '12.7.0.2'),
  );
  assert.ok(!from('::ffff:192.0.2.8', '::ffff:192.0.2.7'));
});
