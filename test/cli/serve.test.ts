// slow: starts processes
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { sendRaw } from '../server/raw.ts';
import { snapshelf, startSnapshelf } from '../support/cli.ts';
import { repositoryRoot } from '../support/repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-serve-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('what is no host name and no exact origin is wrong usage, with a sentence', async () => {
  const wrong = [
    ['serve', '--allow-host', '*', /a host name such as shop\.example/],
    ['serve', '--allow-host', 'http://shop.example', /without scheme/],
    ['demo', '--allow-host', 'shop.example:80', /without scheme, port/],
    ['serve', '--cors-origin', '*', /"\*" and "null".*not possible/],
    ['serve', '--cors-origin', 'null', /"\*" and "null".*not possible/],
    ['serve', '--index-threads', '65', /a whole number from 0 to 64/],
    ['search', '--scan-threads', '17', /a whole number from 0 to 16/],
    ['serve', '--cors-origin', 'https://shop.example/', /You may mean https:\/\/shop\.example/],
  ] as const;
  // A file where the folder should be: what is not refused for its options ends too.
  const data = join(folder, 'file');
  writeFileSync(data, '');
  for (const [command, option, value, sentence] of wrong) {
    const { code, stderr } = await snapshelf(command, '--data', data, option, value);
    assert.equal(code, 2, stderr);
    assert.match(stderr, sentence);
    assert.ok(stderr.includes(option), stderr);
  }
});

test('serve answers the hosts and the origins that were listed, and allows everything', {
  timeout: 60_000,
}, async (t) => {
  const options = [
    '--allow-host',
    'a.example',
    '--allow-host',
    'b.example',
    '--cors-origin',
    'https://c.example',
  ];
  const { child, result } = startSnapshelf(
    'serve',
    '--data',
    join(folder, 'data'),
    '--port',
    '0',
    ...options,
  );
  t.after(() => child.kill('SIGKILL'));
  assert.ok(child.stdout !== null);
  let url = '';
  for await (const line of createInterface(child.stdout)) {
    url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0] ?? url;
    if (line.includes('"ready"')) break;
  }
  const drop = `${url}/v1/collections/none`;
  const from = (origin: string) => fetch(drop, { method: 'DELETE', headers: { origin } });
  assert.equal((await fetch(drop, { method: 'DELETE' })).status, 404);
  assert.equal((await from('https://c.example')).status, 404);
  assert.equal((await from('https://d.example')).status, 403);
  const get = async (host: string) => {
    const head = `GET /v1/collections HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    return (await sendRaw(Number(new URL(url).port), head)).status;
  };
  assert.deepEqual([await get('a.example'), await get('b.example'), await get('c.example')], [200, 200, 403]);
  child.kill('SIGTERM');
  assert.equal((await result).code, 0);
});

test('--print-config lists the options and all limits, and no secret', () => {
  const SNAPSHELF_KEY = 'an-admin-key-of-the-environment-0123456789';
  const main = join(repositoryRoot, 'dist', 'src', 'cli', 'main.js');
  const limits = ['imageBytes=1000', 'keyPerMinute=7', 'maxWaitMs=300', 'maxPixels=9'].flatMap((limit) => [
    '--limit',
    limit,
  ]);
  limits.push('--max-connections', '12', '--write-timeout', '5000');
  const threads = ['--index-threads', '3'];
  const given = ['--print-config', '--trust-proxy', '2', '--keep-gps', ...threads, ...limits];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [main, 'serve', '--data', join(folder, 'none'), ...given],
    { encoding: 'utf8', env: { ...process.env, SNAPSHELF_KEY, SNAPSHELF_SCAN_THREADS: '0' } },
  );
  assert.equal(status, 0, stderr);
  const config = JSON.parse(stdout);
  assert.deepEqual([config.limits.imageBytes, config.limits.batchImages], [1000, 64]);
  assert.deepEqual([config.rateLimits.keyPerMinute, config.rateLimits.addressPerMinute], [7, 1200]);
  assert.deepEqual([config.limits.maxWaitMs, config.pictures.maxPixels], [300, 9]);
  assert.deepEqual([config.maxConnections, config.writeTimeoutMs], [12, 5000]);
  assert.deepEqual([config.indexThreads, config.scanThreads], [3, 0]);
  assert.deepEqual([config.adminKey, config.trustProxy, config.keepGps], ['(set)', 2, true]);
  assert.ok(!(stdout + stderr).includes(SNAPSHELF_KEY));
  assert.ok(!existsSync(join(folder, 'none')));
});
