// slow: starts processes
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Retriever } from '../../../src/retrieval/index.ts';
import { Hosts } from '../../../src/server/access/hosts.ts';
import { checkHostName, type RunningServer, startServer } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import { type RawAnswer, sendRaw } from '../raw.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-hosts-'));
const data = join(folder, 'data');
const model = join(folder, 'tiny.onnx');
let server: RunningServer;

before(async () => {
  await writeTinyModel(model);
  const retriever = await Retriever.open(data, { model });
  await retriever.createCollection('shop');
  await retriever.add('shop', [{ id: 'one', image: await stripes(10, 5) }]);
  await retriever.close();
  const allowHosts = ['Shop.Example.', 'bücher.example', 'my_service'];
  server = await startServer({ data, model, port: 0, allowHosts });
  await server.ready;
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const portOf = ({ url }: RunningServer): number => Number(new URL(url).port);

/** Sends a request with these lines about its host, and no other. */
const ask = (line: string, hostLines: readonly string[], port = portOf(server)): Promise<RawAnswer> =>
  sendRaw(port, `${[line, ...hostLines, 'Connection: close'].join('\r\n')}\r\n\r\n`);

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

const answered = `
  localhost LocalHost:3000 localhost. localhost.:3000 shop.localhost:3000 a.b.localhost. localhost: 127.0.0.1 127.0.0.1. 127.0.0.1:9
  10.1.2.3:80 0.0.0.0:3000 [::1] [::1]:3000 [2001:DB8::1]:443 [::ffff:127.0.0.1] shop.example
  SHOP.example:8443 shop.example. xn--bcher-kva.example my_service:3000`
  .trim()
  .split(/\s+/);

const refused = [
  'evil.example',
  'evil.example:3000',
  'localhost.evil.example',
  'evil-localhost',
  'x..localhost',
  'xlocalhost',
  '127.0.0.1.evil.example',
  'evil.example.127.0.0.1',
  '127.1',
  '0x7f.0.0.1',
  '2130706433',
  '999.1.1.1',
  'localhost@evil.example',
  'evil.example@localhost',
  'localhost:3000@evil.example',
  'localhost:80:80',
  'localhost:x',
  'localhost:3000/',
  'localhost/evil',
  'localhost#evil',
  'localhost?evil',
  'localhost evil.example',
  'localhost, evil.example',
  'localhost\\evil',
  'localhost..',
  '.localhost',
  '.',
  ':3000',
  '*',
  '%6cocalhost',
  'localhost%00',
  'loc\u00e4lhost',
  '[::1]evil',
  '[::1].evil.example',
  '[::1',
  '::1',
  '[]',
  '[evil.example]',
  '[127.0.0.1]',
  '[::1%25lo]',
  'x.shop.example',
  'shop.example.evil',
  'null',
  'undefined',
  'localhost'.repeat(500),
];

const requests = [
  'DELETE /v1/collections/shop',
  'GET /v1/collections',
  'HEAD /',
  'OPTIONS /v1/collections/shop',
  'GET /nowhere',
  'GET /healthy',
  'GET /health',
  'GET //health/live',
  'GET /v1/../health/live',
];

test('loopback names, IP addresses and names that were listed are answered', async () => {
  for (const host of answered) {
    const { status, head } = await ask('GET /v1/collections HTTP/1.1', [`Host: ${host}`]);
    assert.equal(status, 200, `${host}: ${head}`);
  }
});

test('every other host is refused with a problem that names the option', async () => {
  for (const host of refused) {
    const answer = await ask('DELETE /v1/collections/shop HTTP/1.1', [`Host: ${host}`]);
    assert.equal(answer.status, 403, `${host}: ${answer.head}`);
    assert.match(answer.head, /content-type: application\/problem\+json/i, host);
    const { code, detail, instance } = JSON.parse(answer.body);
    assert.equal(code, 'host-not-allowed', host);
    assert.match(detail, /to allowHosts\./);
    assert.match(instance, /^urn:uuid:/);
  }
  assert.equal((await ask('GET /v1/collections/shop HTTP/1.1', ['Host: localhost'])).status, 200);
});

test('whatever a foreign host is asked for, it is refused before anything else', async () => {
  for (const line of requests) {
    const { status, head } = await ask(`${line} HTTP/1.1`, ['Host: evil.example']);
    assert.equal(status, 403, `${line}: ${head}`);
    assert.doesNotMatch(head, /access-control|strict-transport/i);
  }
});

test('no host, several hosts and an address in place of the path are no way around', async () => {
  const get = 'GET /v1/collections HTTP/1.1';
  const cases: readonly (readonly [number, string, readonly string[]])[] = [
    [400, get, []],
    [403, get, ['Host:']],
    [403, get, ['Host: localhost', 'Host: evil.example']],
    [403, get, ['Host: localhost', 'host: localhost']],
    [403, get, ['Host: evil.example', 'Host: localhost']],
    [403, get, ['Host: evil.example', 'X-Forwarded-Host: localhost', 'Forwarded: host=localhost']],
    [403, get, ['Host: evil.example', 'X-Forwarded-For: 127.0.0.1', 'X-Host: localhost']],
    [403, 'GET /v1/collections HTTP/1.0', []],
    [200, 'GET /v1/collections HTTP/1.0', ['Host: localhost']],
    [200, 'GET http://localhost/v1/collections HTTP/1.1', ['Host: localhost']],
    [403, 'GET http://evil.example/v1/collections HTTP/1.1', ['Host: localhost']],
    [403, 'GET http://evil.example/v1/collections HTTP/1.1', ['Host: evil.example']],
    [403, 'GET http://localhost/v1/collections HTTP/1.1', ['Host: evil.example']],
    [403, 'GET http://localhost@evil.example/v1/collections HTTP/1.1', ['Host: localhost']],
    [200, 'GET http://evil.example/health/live HTTP/1.1', ['Host: evil.example']],
    [403, 'GET http://evil.example/v1?/health/ HTTP/1.1', ['Host: evil.example']],
    [403, 'GET ftp://localhost/v1/collections HTTP/1.1', ['Host: localhost']],
    [403, 'OPTIONS * HTTP/1.1', ['Host: evil.example']],
    [404, 'OPTIONS * HTTP/1.1', ['Host: localhost']],
  ];
  for (const [status, line, hosts] of cases) {
    const answer = await ask(line, hosts);
    assert.equal(answer.status, status, `${line} ${hosts.join(' ')}: ${answer.head}`);
  }
});

test('health is told to any host, but not what there is', async () => {
  for (const hosts of [['Host: evil.example'], ['Host:'], ['Host: a', 'Host: b']]) {
    const live = await ask('GET /health/live HTTP/1.1', hosts);
    assert.deepEqual([live.status, live.body], [200, '{"live":true}'], hosts.join());
    const ready = await ask('GET /health/ready HTTP/1.1', hosts);
    assert.deepEqual([ready.status, ready.body], [200, '{"ready":true}'], hosts.join());
  }
  assert.equal((await ask('GET /health/ready HTTP/1.0', [])).status, 200);
  assert.match((await ask('GET /health/ready HTTP/1.1', ['Host: localhost'])).body, /"collection":"shop"/);
});

test('hosts are checked while the gallery is being loaded too', async (t) => {
  const open = Retriever.open.bind(Retriever);
  let load = (): void => {};
  const asked = new Promise<void>((resolve) => {
    load = resolve;
  });
  t.mock.method(Retriever, 'open', async (...given: Parameters<typeof open>) => {
    await asked;
    return open(...given);
  });
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const port = await freePort();
  const starting = startServer({ data: join(folder, 'other'), model, port, log });
  t.after(async () => {
    load();
    await (await starting).close();
  });
  const get = (path: string, host: string): Promise<RawAnswer> =>
    ask(`GET ${path} HTTP/1.1`, [`Host: ${host}`], port);
  assert.equal((await get('/v1/collections', 'localhost')).status, 503);
  assert.equal((await get('/v1/collections', 'evil.example')).status, 403);
  assert.equal((await get('/nowhere', 'evil.example')).status, 403);
  assert.equal((await get('/health/live', 'evil.example')).status, 200);
  assert.equal((await get('/health/ready', 'evil.example')).status, 503);
  assert.ok(lines.includes('request'));
});

test('the address that a server listens on is a host of it, when it is a name', () => {
  const request = (host: string, url = '/') =>
    ({ headersDistinct: { host: [host] }, url }) as unknown as IncomingMessage;
  const hosts = new Hosts('Search.Internal');
  assert.ok(hosts.admits(request('search.internal:3000')));
  assert.ok(!hosts.admits(request('internal')));
  assert.ok(!new Hosts('').admits(request('.')));
  for (const url of ['http://localhost\\@evil.example/', 'http:localhost', 'localhost/', '', 'http://'])
    assert.ok(!hosts.admits(request('localhost', url)), url);
});

test('what is no host name is refused before the server listens', async () => {
  const wrong = [
    '*',
    '*.example',
    'http://a.example',
    'a.example:80',
    'a.example/x',
    'a@b',
    '[::1]',
    'a b',
    '',
    '.',
  ];
  for (const name of [...wrong, 'a\\b', 'a?b', 'a#b', '%61', "''"]) {
    assert.throws(() => checkHostName(name), TypeError, name);
    await assert.rejects(startServer({ data, port: 0, allowHosts: [name] }), TypeError, name);
  }
  await assert.rejects(startServer({ data, port: 0, corsOrigins: ['*'] }), TypeError);
  await assert.rejects(startServer({ data, port: 0, allow: 'all' as 'admin' }), TypeError);
});
