// slow: starts processes
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runningServer } from '../../src/cli/running-server.ts';
import { snapshelf } from '../support/cli.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const data = mkdtempSync(join(tmpdir(), 'snapshelf-note-'));
after(() => rmSync(data, { recursive: true }));

const note = (value: unknown): void =>
  writeFileSync(join(data, 'server.json'), typeof value === 'string' ? value : JSON.stringify(value));
const { pid } = process;

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
    const server = { pid, url: `http://${host}:3000` };
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
    note({ pid, url });
    await assert.rejects(runningServer(data), { code: 'source-invalid' }, url);
  }
});

test('a note that is none is refused', async () => {
  const url = 'http://127.0.0.1:3000';
  const notes = [
    { pid: -1, url },
    { pid: 0, url },
    { pid: 1.5, url },
    { pid: '1', url },
    { pid: 2 ** 53, url },
    { url },
    { pid },
    { pid, url: [url] },
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

test('without a note, or when its process is gone, nobody serves', async () => {
  note({ pid: 2 ** 30, url: 'http://127.0.0.1:3000' });
  assert.equal(await runningServer(data), undefined);
  rmSync(join(data, 'server.json'));
  assert.equal(await runningServer(data), undefined);
});

const model = join(data, 'model.onnx');
before(() => writeTinyModel(model));

/** Re-indexes with a server that answers as it likes. */
async function reindexWith(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  note({ pid, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  try {
    return await snapshelf('reindex', '--data', data, '--collection', 'shop', '--model', model);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

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

test('a stranger is not asked', async () => {
  note({ pid: 1, url: 'http://evil.example/' });
  const { code, stderr } = await snapshelf(
    'reindex',
    '--data',
    data,
    '--collection',
    'shop',
    '--model',
    model,
  );
  assert.equal(code, 1);
  assert.match(stderr, /names "http:\/\/evil\.example\/", which is not this machine.*\[source-invalid\]/);
});
