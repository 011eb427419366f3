// slow: starts processes
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serialize } from 'node:v8';
import { runningServer } from '../../src/cli/running-server.ts';
import { lockDataFolder } from '../../src/gallery/worker/lock-data-folder.ts';
import { localPath, proofOf } from '../../src/server/local/token.ts';
import { version } from '../../src/version.ts';
import { snapshelf } from '../support/cli.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const data = mkdtempSync(join(tmpdir(), 'snapshelf-note-'));
after(() => rmSync(data, { recursive: true }));

const path = join(data, 'server.json');
function note(value: unknown, mode = 0o600): void {
  rmSync(path, { force: true });
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  chmodSync(path, mode);
}
const token = 'ab'.repeat(32);
const owned = { pid: process.pid, version, token };

test('an address of this machine is believed', async () => {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const hosts = own.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address));
  for (const host of [
    '127.0.0.1',
    '127.9.9.9',
    '[::1]',
    'localhost',
    '0.0.0.0',
    '[::]',
    hostname(),
    ...hosts,
  ]) {
    const server = { ...owned, url: `http://${host}:3000` };
    note(server);
    assert.deepEqual(await runningServer(data), server);
  }
});

test('any other address is refused, and so is all that is none', async () => {
  const urls = [
    'http://evil.example/',
    'http://evil.example:3000',
    'http://192.0.2.1:3000',
    'http://[2001:db8::1]:3000',
    'https://127.0.0.1:3000',
    'http://127.0.0.1',
    'http://127.0.0.1:3000/',
    'http://127.0.0.1:3000/path',
    'http://127.0.0.1:3000@evil.example:80',
    'http://user@127.0.0.1:3000',
    'http://127.0.0.1:3000#',
    'http://127.0.0.1.evil.example:3000',
    'http://localhost.evil.example:3000',
    'http://127.1:3000',
    'http://2130706433:3000',
    'file:///etc/passwd',
    '',
  ];
  for (const url of urls) {
    note({ ...owned, url });
    await assert.rejects(runningServer(data), { code: 'source-invalid' }, url);
  }
});

test('a note that is none is refused', async () => {
  const url = 'http://127.0.0.1:3000';
  const notes = [
    ...[-1, 0, 1.5, '1', 2 ** 53, undefined].map((pid) => ({ ...owned, pid, url })),
    owned,
    { ...owned, url: [url] },
    { ...owned, url, token: undefined },
    { ...owned, url, token: 'ab' },
    { ...owned, url, token: `${token}\n` },
    null,
    [],
    '',
    '{',
    '['.repeat(4000),
    ' '.repeat(5000),
  ];
  for (const value of notes) {
    note(value);
    await assert.rejects(runningServer(data), { code: 'source-invalid' }, JSON.stringify(value));
  }
});

test('without a note nobody serves', async () => {
  rmSync(path);
  assert.equal(await runningServer(data), undefined);
});

const noRights = process.platform === 'win32' && 'Windows has no such rights';
test('a note that somebody else wrote, or could have, is refused', { skip: noRights }, async () => {
  const server = { ...owned, url: 'http://127.0.0.1:3000' };
  for (const mode of [0o606, 0o660, 0o666, 0o620]) {
    note(server, mode);
    await assert.rejects(runningServer(data), /Others than its owner may write to it/);
  }
  note(server);
  if (process.getuid?.() !== 0) return;
  chownSync(path, 4242, 4242);
  await assert.rejects(runningServer(data), /It belongs to the user 4242/);
});

const model = join(data, 'model.onnx');
before(() => writeTinyModel(model));

/** Runs a command on the folder, which this process has open, with a server that answers as it likes. */
async function runWith(answer: RequestListener, args: readonly string[], proves = token) {
  using _ = lockDataFolder(data);
  const server = createServer((request, response) => {
    response.setHeader('Snapshelf-Proof', proofOf(proves, String(request.headers['snapshelf-nonce'])));
    if (request.url === localPath) response.end(serialize({}));
    else answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  note({ ...owned, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  try {
    return await snapshelf(...args, '--data', data, '--collection', 'shop');
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const reindexWith = (answer: RequestListener, proves?: string) =>
  runWith(answer, ['reindex', '--model', model], proves);

test('whatever listens there: a redirect is not followed, an endless or foreign answer ends in an error', async () => {
  let followed = false;
  const answers: Readonly<Record<string, RequestListener>> = {
    redirect: (request, response) => {
      followed ||= request.url === '/elsewhere';
      response.writeHead(307, { location: '/elsewhere' }).end();
    },
    endless: (_, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    },
    deep: (_, response) => response.end('['.repeat(1000)),
    foreign: (_, response) => response.end('{"state":"busy"}'),
    escapes: (_, response) => response.writeHead(400).end('{"detail":"\\u001b[2Jgone"}'),
  };
  for (const [name, answer] of Object.entries(answers)) {
    const { code, stderr } = await reindexWith(answer);
    assert.equal(code, 1, name);
    assert.match(stderr, /The server at http:\/\/127\.0\.0\.1:\d+ does not do this: .*\[internal\]/, name);
    assert.ok(!stderr.includes('\u001b'), name);
    if (name === 'endless') assert.match(stderr, /sends more than 65536 characters/);
  }
  assert.equal(followed, false);
});

test('a stranger is not asked, and the token is not told', async () => {
  const told: unknown[] = [];
  const { code, stderr } = await reindexWith(({ headers }) => told.push(headers), 'cd'.repeat(32));
  assert.equal(code, 1);
  assert.match(
    stderr,
    /in use by process \d+.*does not answer: it is starting, has been killed.*\[gallery-locked\]/,
  );
  assert.deepEqual(told, []);
});

test('a note that is left over does not matter: a folder that nobody has open is opened', async () => {
  note({ ...owned, pid: 1, url: 'http://127.0.0.1:9' });
  const { code, stderr } = await snapshelf('drop', '--data', data, '--collection', 'shop');
  assert.deepEqual([code, /\[collection-not-found\]/.test(stderr)], [1, true], stderr);
});

test('a foreign note is told with the lock', async () => {
  using _ = lockDataFolder(data);
  note({ ...owned, url: 'http://evil.example:3000' });
  const { code, stderr } = await snapshelf('drop', '--data', data, '--collection', 'shop');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /in use by process.*names "http:\/\/evil\.example:3000", which is not this machine.*\[gallery-locked\]/,
  );
});

test('an error of the server is that of the command, and so is its end', async () => {
  const error = { name: 'SnapshelfError', message: 'Gone.', code: 'collection-not-found' };
  const refused = await runWith((_, response) => response.end(serialize({ error })), ['drop']);
  assert.match(refused.stderr, /working through it\nerror: Gone\. \[collection-not-found\]/);
  const unknown = await runWith((_, response) => response.writeHead(404).end('{}'), ['drop']);
  assert.match(
    unknown.stderr,
    /refuses \/local\/gallery\/document\. Is it of another version\? .*\[route-not-found\]/,
  );
  const ended = await runWith((_, response) => response.destroy(), ['drop']);
  assert.match(ended.stderr, /does not answer any more: .*run the command again\. \[closed\]/);
});
