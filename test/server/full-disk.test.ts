// slow: starts two servers
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { randomNumbers } from '../../src/random.ts';
import { snapshelf } from '../support/cli.ts';
import { repositoryRoot } from '../support/repository.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

/** Blocks that files may have: of 512 or of 1,024 bytes, as the shell counts. */
const blocks = 1200;
const full = Buffer.alloc(blocks * 1024, '\n');

interface Server {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Starts a server whose files may have so many blocks, and whose log is as large already. */
async function start(t: TestContext, data: string, model: string, log: string): Promise<Server> {
  const main = join(repositoryRoot, 'dist', 'src', 'cli', 'main.js');
  const line = `ulimit -f ${blocks} && exec "$0" "$@"`;
  const output = openSync(log, 'a');
  const child = spawn(
    'sh',
    ['-c', line, process.execPath, main, 'serve', '--data', data, '--model', model, '--port', '0'],
    {
      stdio: ['ignore', output, 'ignore'],
    },
  );
  closeSync(output);
  t.after(() => child.kill('SIGKILL'));
  for (;;) {
    assert.equal(child.exitCode, null);
    try {
      const { pid, url } = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8'));
      if (pid === child.pid && (await fetch(`${url}/health/ready`)).ok) return { child, url };
    } catch {
      // It is not there yet.
    }
    await setTimeout(50);
  }
}

const noise = (seed: number): Promise<Buffer> => {
  const random = randomNumbers(seed);
  const raw = { width: 120, height: 120, channels: 3 } as const;
  return sharp(Buffer.from(Array.from({ length: 120 * 120 * 3 }, () => random() * 256)), { raw })
    .png()
    .toBuffer();
};

test('where files cannot grow (ulimit -f) writes are 507, searches, deletions and a restart work, lost lines are counted', {
  skip: process.platform === 'linux' ? false : 'the limit is known on Linux only',
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-limit-'));
  const data = join(folder, 'data');
  const model = join(folder, 'tiny.onnx');
  const log = join(folder, 'log');
  await writeTinyModel(model);
  mkdirSync(data);
  for (const file of [log, join(data, 'audit.jsonl')]) appendFileSync(file, full);
  let server = await start(t, data, model, log);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ask = async (method: string, path: string, body?: Uint8Array) => {
    const form = new FormData();
    if (body !== undefined) form.set('image', new Blob([new Uint8Array(body)]), 'a.png');
    const answer = await fetch(server.url + path, { method, ...(body && { body: form }) });
    return { status: answer.status, text: await answer.text() };
  };
  const shop = '/v1/collections/shop';
  const picture = await noise(1);
  const search = async () => JSON.parse((await ask('POST', `${shop}/search?k=5&group=item`, picture)).text);
  assert.equal((await ask('PUT', shop)).status, 201);
  let stored = 0;
  for (; stored < 200; stored++) {
    const { status, text } = await ask('PUT', `${shop}/items/i${stored}`, await noise(stored + 1));
    if (status === 201) continue;
    assert.equal(status, 507, text);
    assert.equal(JSON.parse(text).code, 'disk-full');
    break;
  }
  assert.ok(stored > 4 && stored < 200, `${stored}`);
  const metrics = (await ask('GET', '/metrics')).text;
  assert.match(metrics, /^snapshelf_log_lines_dropped [1-9]/m);
  assert.match(metrics, /^snapshelf_audit_lines_dropped [1-9]/m);
  assert.ok(JSON.parse((await ask('GET', '/health/ready')).text).droppedLogLines > 0);
  assert.equal((await search()).results.length, 5);
  assert.equal((await ask('DELETE', `${shop}/items/i1`)).status, 204);
  server.child.kill('SIGKILL');
  await once(server.child, 'exit');
  server = await start(t, data, model, log);
  assert.equal((await search()).results.length, 5);
  for (const id of ['i2', 'i3']) assert.equal((await ask('DELETE', `${shop}/items/${id}`)).status, 204);
  assert.equal((await ask('PUT', `${shop}/items/new`, picture)).status, 201);
  assert.equal((await search()).total, stored - 2);
  server.child.kill('SIGTERM');
  await once(server.child, 'exit');
  assert.deepEqual((await snapshelf('check', '--data', data)).stdout, 'shop: clean\n');
});
