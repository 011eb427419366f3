import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { checkAllowedReceiver, MessageSender } from '../../src/remote/index.ts';

let server: Server;
let asked: string[] = [];
let origin: string;

before(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['webhook-id']}`);
    if (request.url === '/silent') return;
    if (request.url === '/moved') response.writeHead(307, { Location: '/elsewhere' }).end();
    else if (request.url === '/busy') response.writeHead(503, { 'Retry-After': '7' }).end();
    else if (request.url === '/endless') response.writeHead(200).write('x');
    else if (request.url === '/broken') response.destroy();
    else request.resume().on('end', () => response.writeHead(204).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const withCode = (code: string) => (error: unknown) => error instanceof SnapshelfError && error.code === code;
const never = new AbortController().signal;
const message = { headers: { 'webhook-id': 'msg_1' }, body: '{}' };

test('a listed origin of this machine is called; redirects are not followed, and endless answers not read', async () => {
  const sender = new MessageSender({ receivers: [origin] });
  asked = [];
  const statuses: number[] = [];
  for (const path of ['/hook', '/moved', '/endless'])
    statuses.push((await sender.send(`${origin}${path}`, message, never)).status);
  assert.deepEqual(statuses, [204, 307, 200]);
  assert.deepEqual(await sender.send(`${origin}/busy`, message, never), { status: 503, retryAfter: '7' });
  assert.deepEqual(asked, [
    'POST /hook msg_1',
    'POST /moved msg_1',
    'POST /endless msg_1',
    'POST /busy msg_1',
  ]);
  await assert.rejects(sender.send(`${origin}/broken`, message, never), withCode('url-failed'));
  await sender.close();
});

test('a receiver that is silent is given up after a time, and at once when the server ends', async () => {
  const hasty = new MessageSender({ receivers: [origin], timeoutMs: 50 });
  await assert.rejects(hasty.send(`${origin}/silent`, message, never), withCode('url-failed'));
  await hasty.close();
  const patient = new MessageSender({ receivers: [origin] });
  const stop = new AbortController();
  const sent = patient.send(`${origin}/silent`, message, stop.signal);
  const reason = new Error('It ends.');
  setImmediate(() => stop.abort(reason));
  await assert.rejects(sent, reason);
  await patient.close();
});

test('only what is listed is called, by HTTPS and at public addresses unless the whole origin is listed', async () => {
  const addresses: Readonly<Record<string, string>> = {
    'private.example': '10.0.0.1',
    'metadata.example': '169.254.169.254',
    'listed.example': '169.254.169.254',
  };
  const dialed: string[] = [];
  const sender = new MessageSender(
    {
      receivers: [
        'shop.example',
        'private.example',
        'metadata.example',
        'http://listed.example:8080',
        'http://127.0.0.1:8080',
      ],
    },
    {
      resolve: async (host) => [{ address: addresses[host] ?? '127.0.0.1', family: 4 }],
      dial: (target) => {
        dialed.push(target.address);
        return target;
      },
    },
  );
  for (const address of [
    'http://shop.example/',
    'https://shop.example:8443/',
    'https://user@shop.example/',
    'https://example/',
    'https://shop.example.attacker.test/',
    'http://127.0.0.1/',
    'http://127.0.0.1:8081/',
    'http://user@127.0.0.1:8080/',
    'https://127.0.0.1:8080/',
    'http://[::1]:8080/',
    'http://2130706433:8081/',
    'file:///etc/passwd',
    'hooks',
  ])
    assert.throws(() => sender.check(address), withCode('url-refused'), address);
  assert.equal(sender.check('http://127.0.0.1:8080/hook?a=b'), 'http://127.0.0.1:8080/hook?a=b');
  for (const address of [
    'https://private.example/',
    'https://metadata.example/',
    'http://listed.example:8080/',
  ])
    await assert.rejects(sender.send(address, message, never), withCode('url-refused'), address);
  assert.deepEqual(
    dialed.filter((address) => /^\d/.test(address)),
    [],
  );
  await sender.close();
});

test('an entry of the list is a host or an origin, and never a link-local or reserved address', () => {
  assert.equal(checkAllowedReceiver('Hooks.Example'), 'hooks.example');
  assert.equal(checkAllowedReceiver('http://10.0.0.5:8080/'), 'http://10.0.0.5:8080');
  assert.equal(checkAllowedReceiver('http://[::1]:8080'), 'http://[::1]:8080');
  for (const entry of [
    'http://169.254.169.254',
    'http://[fd00:ec2::254]',
    'http://0.0.0.0:80',
    'http://10.0.0.5:8080/hook',
    'ftp://hooks.example',
    'http://user@hooks.example',
    '127.0.0.1',
    'hooks',
    '*',
    '',
  ])
    assert.throws(
      () => checkAllowedReceiver(entry),
      { name: 'TypeError', message: /^allowWebhooks must/ },
      entry,
    );
});
