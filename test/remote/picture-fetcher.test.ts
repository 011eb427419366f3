import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { PictureFetcher } from '../../src/remote/index.ts';
import { stripes } from '../support/pictures.ts';

const publicAddress = '93.184.215.14';
let server: Server;
let picture: Buffer;
let asked: string[] = [];
let resolved: string[] = [];

/** What the names of the tests resolve to. */
const names: Readonly<Record<string, readonly string[]>> = {
  'shop.example': [publicAddress],
  'also.example': [publicAddress],
  'private.example': ['10.0.0.1'],
  'mixed.example': [publicAddress, '127.0.0.1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  'nothing.example': [],
};

const answers: Readonly<Record<string, RequestListener>> = {
  '/a.png': (_, response) => response.end(picture),
  '/chunked.png': (_, response) => {
    response.write(picture.subarray(0, 100));
    response.end(picture.subarray(100));
  },
  '/moved': (_, response) => response.writeHead(302, { Location: 'http://also.example/a.png' }).end(),
  '/to-private': (_, response) => response.writeHead(302, { Location: 'http://private.example/' }).end(),
  '/to-metadata': (_, response) =>
    response.writeHead(307, { Location: 'http://169.254.169.254/latest/meta-data/' }).end(),
  '/to-port': (_, response) => response.writeHead(308, { Location: 'http://shop.example:22/' }).end(),
  '/to-file': (_, response) => response.writeHead(301, { Location: 'file:///etc/passwd' }).end(),
  '/loop': (_, response) => response.writeHead(302, { Location: '/loop' }).end(),
  '/nowhere': (_, response) => response.writeHead(302).end(),
  '/missing': (_, response) => response.writeHead(404).end('no'),
  '/page': (_, response) => response.end('<html>'.repeat(1000)),
  '/empty': (_, response) => response.end(),
  '/gzip': (_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(picture),
  '/endless': (_, response) => {
    response.write(picture);
    const more = (): boolean => !response.destroyed && response.write(Buffer.alloc(65_536));
    response.on('drain', more);
    more();
  },
  '/cut': (_, response) => {
    response.writeHead(200, { 'Content-Length': picture.length });
    response.write(picture.subarray(0, 100), () => response.destroy());
  },
  '/silent': () => undefined,
};

function fetcherOf(timeoutMs = 30_000): PictureFetcher {
  const { port } = server.address() as AddressInfo;
  const hosts = Object.keys(names);
  return new PictureFetcher(
    { hosts, timeoutMs },
    {
      async resolve(host) {
        resolved.push(host);
        return (names[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      },
      dial: ({ address }) => ({
        address: address === publicAddress ? '127.0.0.1' : address,
        port: String(port),
      }),
    },
  );
}

const withCode = (code: string) => (error: unknown) => error instanceof SnapshelfError && error.code === code;
let fetcher: PictureFetcher;
const fetch = (path: string, host = 'shop.example', maxBytes = 100_000): Promise<Uint8Array> =>
  fetcher.fetch(`http://${host}${path}`, { maxBytes });

before(async () => {
  picture = await stripes(10, 5);
  server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    (answers[request.url ?? ''] ?? answers['/missing'])?.(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  fetcher = fetcherOf();
});
after(async () => {
  await fetcher?.close();
  server.closeAllConnections();
  server.close();
});

test('a picture is fetched, also in chunks and after a redirect to another listed host', async () => {
  for (const path of ['/a.png', '/chunked.png', '/moved']) {
    asked = [];
    assert.deepEqual(Buffer.from(await fetch(path)), picture);
    assert.equal(asked[0], `shop.example${path}`);
  }
  assert.equal(asked[1], 'also.example/a.png');
});

test('no connection is made to an address that is not public, of whatever name', async () => {
  for (const host of ['private', 'mixed', 'mapped', 'metadata', 'nothing']) {
    asked = [];
    await assert.rejects(fetch('/a.png', `${host}.example`), withCode('url-refused'), host);
    assert.deepEqual(asked, [], host);
  }
});

test('a name is resolved once for a connection: no second answer can replace the one that was checked', async () => {
  const once = fetcherOf();
  resolved = [];
  await once.fetch('http://shop.example/a.png', { maxBytes: 100_000 });
  assert.deepEqual(resolved, ['shop.example']);
  await once.close();
});

test('redirects are checked at every hop, and counted', async () => {
  for (const path of ['/to-private', '/to-metadata', '/to-port', '/to-file']) {
    asked = [];
    await assert.rejects(fetch(path), withCode('url-refused'), path);
    assert.deepEqual(asked, [`shop.example${path}`]);
  }
  asked = [];
  await assert.rejects(fetch('/loop'), withCode('url-failed'));
  assert.equal(asked.length, 4);
  await assert.rejects(fetch('/nowhere'), withCode('url-failed'));
});

test('what is no picture, too large, cut off or does not come is an error of that picture', async () => {
  await assert.rejects(fetch('/missing'), /answers 404/);
  await assert.rejects(fetch('/page'), withCode('image-unsupported'));
  await assert.rejects(fetch('/empty'), withCode('image-empty'));
  await assert.rejects(fetch('/gzip'), withCode('url-failed'));
  await assert.rejects(fetch('/a.png', 'shop.example', 50), withCode('image-too-large'));
  await assert.rejects(fetch('/chunked.png', 'shop.example', 150), withCode('image-too-large'));
  await assert.rejects(fetch('/endless'), withCode('image-too-large'));
  await assert.rejects(fetch('/cut'), withCode('url-failed'));
  const impatient = fetcherOf(20);
  await assert.rejects(
    impatient.fetch('http://shop.example/silent', { maxBytes: 1000 }),
    withCode('url-failed'),
  );
  await impatient.close();
  const stop = new AbortController();
  const stopped = fetcher.fetch('http://shop.example/silent', { maxBytes: 1000, signal: stop.signal });
  stop.abort(new Error('stopped'));
  await assert.rejects(stopped, /stopped/);
});
