// slow: starts servers and processes
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Keys, type RunningServer, type ServerOptions, startServer } from '../../../src/server/index.ts';
import { snapshelf } from '../../support/cli.ts';
import { stripes } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import { sendRaw } from '../raw.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-keyed-'));
const data = join(folder, 'data');
const model = join(folder, 'tiny.onnx');
const adminKey = 'an-admin-key-of-the-environment-0123456789';
const lines: string[] = [];
let server: RunningServer;

const note = (message: string, fields?: object): void =>
  void lines.push(`${message} ${JSON.stringify(fields)}`);
const log = { debug: note, info: note, warn: note, error: note };

before(async () => {
  await writeTinyModel(model);
  server = await startServer({ data, model, port: 0, host: '0.0.0.0', adminKey, log });
  await server.ready;
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const port = (): number => Number(new URL(server.url).port);
const ask = (path: string, key?: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port()}${path}`, {
    ...init,
    headers: { ...init.headers, ...(key !== undefined && { 'x-api-key': key }) },
  });

test('a server that others reach needs keys, or to be told that none are asked for', async (t) => {
  const fresh = join(folder, 'fresh');
  const start = (options: Partial<ServerOptions>): Promise<RunningServer> =>
    startServer({ data: fresh, model, port: 0, ...options });
  for (const host of ['0.0.0.0', '::', ''])
    await assert.rejects(start({ host }), { code: 'keys-missing', message: /noAuth/ }, host);
  for (const options of [{ host: 'localhost' }, { host: '127.0.0.1' }, { host: '0.0.0.0', noAuth: true }]) {
    const open = await start(options);
    await open.ready;
    const { port: taken } = new URL(open.url);
    assert.equal((await fetch(`http://127.0.0.1:${taken}/v1/collections`)).status, 200);
    await open.close();
  }
  const keys = await Keys.open(fresh);
  t.after(() => keys.close());
  const { key } = await keys.create({ level: 'read' });
  const asking = await start({ host: '0.0.0.0' });
  const { port: taken } = new URL(asking.url);
  const statusOf = async (headers: Record<string, string>) =>
    (await fetch(`http://127.0.0.1:${taken}/v1/collections`, { headers })).status;
  assert.deepEqual([await statusOf({}), await statusOf({ 'x-api-key': key })], [401, 200]);
  await asking.close();
});

test('with a valid key any host is served, without one none', async () => {
  const statusOf = async (host: string, key: string) =>
    (
      await sendRaw(
        port(),
        `GET /v1/collections HTTP/1.1\r\nHost: ${host}\r\nX-Api-Key: ${key}\r\nConnection: close\r\n\r\n`,
      )
    ).status;
  for (const host of ['shop.example', 'evil.example', '127.0.0.1'])
    assert.deepEqual([await statusOf(host, adminKey), await statusOf(host, 'wrong')], [200, 401], host);
});

test('commands make, list and revoke keys beside the server, which obeys at once', async () => {
  const made = await snapshelf('keys', 'create', '--data', data, '--level', 'read', '--name', 'till');
  assert.equal(made.code, 0, made.stderr);
  const key = made.stdout.trim();
  assert.match(key, /^snapshelf_[\w-]{43}$/);
  assert.equal((await ask('/v1/collections', key)).status, 200);
  const listed = await snapshelf('keys', 'list', '--data', data, '--json');
  const { keys } = JSON.parse(listed.stdout);
  assert.deepEqual(
    keys.map(({ id, name }: Record<string, string>) => [id === 'environment', name]),
    [
      [true, 'environment'],
      [false, 'till'],
    ],
  );
  assert.ok(keys[1].lastUsedAt !== null);
  assert.ok(!listed.stdout.includes(key));
  assert.equal((await snapshelf('keys', 'revoke', 'till', '--data', data)).code, 0);
  assert.equal((await ask('/v1/collections', key)).status, 401);
  const wrong = await snapshelf('keys', 'create', '--data', data, '--level', 'all');
  assert.equal(wrong.code, 2, wrong.stderr);
});

test('the token of server.json opens the API to commands of this machine alone', async () => {
  const { token } = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8'));
  assert.equal((await ask('/v1/collections', token)).status, 200);
  const forwarded = { headers: { 'x-forwarded-for': '192.0.2.1' } };
  assert.equal((await ask('/v1/collections', token, forwarded)).status, 401);
});

test('no key is in the log, the arguments or an answer, whatever goes wrong', async () => {
  const secrets = [adminKey, 'snapshelf_a-wrong-key-that-somebody-sends-0123456789'];
  const answers: string[] = [];
  for (const key of secrets)
    for (const path of [
      '/v1/collections',
      '/nowhere',
      '/v1/collections/none',
      '/v1/collections/shop/search?k=x',
    ])
      for (const method of ['GET', 'POST', 'DELETE'])
        answers.push(await (await ask(path, key, { method })).text());
  const body = new FormData();
  body.set('image', new Blob([new Uint8Array(await stripes(10, 5))]), 'a.png');
  await (await ask('/v1/collections/shop', adminKey, { method: 'PUT' })).text();
  answers.push(await (await ask('/v1/collections/shop/items/one', adminKey, { method: 'PUT', body })).text());
  const seen = [...lines, ...answers, process.argv.join(' '), process.title].join('\n');
  assert.match(seen, /"status":201/);
  assert.match(seen, /"status":401/);
  for (const secret of secrets) assert.ok(!seen.includes(secret), secret);
  const snapshelfKey = /snapshelf_[\w-]{20}/.exec(seen);
  assert.equal(snapshelfKey, null);
});
