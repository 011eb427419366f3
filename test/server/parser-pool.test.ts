import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { SnapshelfError } from '../../src/errors.ts';
import { defaultLimits } from '../../src/server/parsing/limits.ts';
import { ParserPool, type ParserPoolOptions } from '../../src/server/parsing/parser-pool.ts';
import type { Task } from '../../src/server/parsing/parser-protocol.ts';
import { temporaryFolder } from '../gallery/support/gallery.ts';
import { repositoryRoot } from '../support/repository.ts';

const task = (body: string): Task & { readonly task: 'request' } => ({
  task: 'request',
  kind: 'search',
  raw: { query: {}, json: new Uint8Array(Buffer.from(body)) },
  limits: defaultLimits,
});

/** A pool whose threads do what the body says: `die`, `hang` until told otherwise, or answer. */
async function oddPool(t: TestContext, options: ParserPoolOptions = {}): Promise<ParserPool> {
  const path = join(await temporaryFolder(t), 'odd.mjs');
  writeFileSync(
    path,
    `import { parentPort, threadId } from 'node:worker_threads';
     parentPort.on('message', ({ raw }) => {
       const body = Buffer.from(raw.json).toString();
       if (body === 'die') process.exit(1);
       if (body === 'throw') throw new Error('out of order');
       if (body === 'hang') setTimeout(() => parentPort.postMessage({ value: 'late' }), 300);
       else parentPort.postMessage({ value: body + ' ' + threadId });
     });`,
  );
  const pool = new ParserPool({ ...options, script: pathToFileURL(path) });
  t.after(() => pool.close());
  return pool;
}

test('a request is parsed, and its errors keep their code', async (t) => {
  const pool = new ParserPool();
  t.after(() => pool.close());
  assert.deepEqual(await pool.run(task('{"vector":[1,0.5],"k":3}')), {
    vector: Float32Array.of(1, 0.5),
    k: 3,
  });
  await assert.rejects(pool.run(task('{"k":0}')), { code: 'request-invalid', message: /^k: / });
  await assert.rejects(pool.run(task('[')), { code: 'request-invalid' });
  // What is said of a megabyte is short before it changes threads.
  await assert.rejects(pool.run(task(`{"${'k'.repeat(1e6)}":1}`)), ({ message, details }: SnapshelfError) => {
    assert.ok(message.length + JSON.stringify(details).length < 1000);
    return true;
  });
  const bomb = `{"filter":${'[[],'.repeat(30)}${'[],'.repeat(100_000)}`;
  await assert.rejects(pool.run(task(bomb)), { code: 'request-invalid', details: { maxElements: 16_384 } });
});

test('what is handed over is not copied: its memory is gone here', async (t) => {
  const pool = new ParserPool();
  t.after(() => pool.close());
  const large = task(`{"itemId":"${'x'.repeat(100_000)}"}`);
  await assert.rejects(pool.run(large), { code: 'request-invalid' });
  assert.equal(large.raw.json?.byteLength, 0);
});

for (const end of ['die', 'throw'])
  test(`a thread that ends (${end}) fails its task alone, and another takes its place`, async (t) => {
    const pool = await oddPool(t, { threads: 1 });
    const [dead, next] = await Promise.allSettled([pool.run(task(end)), pool.run(task('a'))]);
    assert.equal(dead.status === 'rejected' && dead.reason.code, 'worker-died');
    assert.equal(next.status, 'fulfilled');
    for (let round = 0; round < 3; round += 1)
      await assert.rejects(pool.run(task(end)), { code: 'worker-died' });
    assert.match(String(await pool.run(task('b'))), /^b /);
  });

test('the queue is bounded, and who leaves it leaves room', async (t) => {
  const pool = await oddPool(t, { threads: 1, maxQueue: 2 });
  const controller = new AbortController();
  const running = pool.run(task('hang'));
  const waiting = pool.run(task('a'));
  const leaving = pool.run(task('die'), controller.signal);
  await assert.rejects(pool.run(task('b')), { code: 'queue-full', details: { retryAfterSeconds: 2 } });
  controller.abort(new Error('left'));
  await assert.rejects(leaving, /left/);
  const later = pool.run(task('c'));
  assert.equal(await running, 'late');
  assert.match(String(await waiting), /^a /);
  // It would have died, had it not left.
  assert.match(String(await later), /^c /);
  await assert.rejects(pool.run(task('d'), controller.signal), /left/);
});

test('who leaves while a thread works is told at once; the thread goes on with the next', async (t) => {
  const pool = await oddPool(t, { threads: 1 });
  const controller = new AbortController();
  const running = pool.run(task('hang'), controller.signal);
  const next = pool.run(task('a'));
  controller.abort(new Error('left'));
  await assert.rejects(running, /left/);
  assert.match(String(await next), /^a /);
});

test('two tasks have two threads; closing refuses what is under way', async (t) => {
  const pool = await oddPool(t, { threads: 2 });
  const hanging = [pool.run(task('hang')), pool.run(task('hang')), pool.run(task('hang'))];
  const outcomes = Promise.allSettled(hanging);
  await pool.close();
  for (const outcome of await outcomes)
    assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'closed');
  await assert.rejects(pool.run(task('a')), { code: 'closed' });
});

test('an idle pool keeps no process alive, a busy one does', async () => {
  const module = pathToFileURL(join(repositoryRoot, 'dist/src/server/parsing/parser-pool.js')).href;
  const code = `
    const { parsers } = await import(${JSON.stringify(module)});
    const json = new Uint8Array(Buffer.from('{"oldJob":1}'));
    await parsers().run({ task: 'oldJob', bytes: json }).catch(({ code }) => console.log(code));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 20_000,
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const [status] = await once(child, 'close');
  assert.deepEqual([status, out], [0, 'request-invalid\n']);
});
