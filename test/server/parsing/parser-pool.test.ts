// slow: starts processes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { SnapshelfError } from '../../../src/errors.ts';
import { defaultLimits } from '../../../src/server/parsing/limits.ts';
import type { ParserOperations } from '../../../src/server/parsing/parser-operations.ts';
import { ParserPool, type ParserPoolOptions } from '../../../src/server/parsing/parser-pool.ts';
import { temporaryFolder } from '../../gallery/support/gallery.ts';
import { repositoryRoot } from '../../support/repository.ts';

const request = (body: string): Parameters<ParserOperations['request']> => [
  'search',
  { query: {}, json: new Uint8Array(Buffer.from(body)) },
  defaultLimits,
];

const built = (path: string): string => pathToFileURL(join(repositoryRoot, 'dist/src', path)).href;

/** A pool whose threads do what the body says: `die`, `hang` until told otherwise, or answer. */
async function oddPool(t: TestContext, options: ParserPoolOptions = {}): Promise<ParserPool> {
  const path = join(await temporaryFolder(t), 'odd.mjs');
  writeFileSync(
    path,
    `import { threadId } from 'node:worker_threads';
     import { serve } from ${JSON.stringify(built('threads/index.js'))};
     await serve(() => ({
       ready: undefined,
       handlers: {
         request(_kind, { json }) {
           const body = Buffer.from(json).toString();
           if (body === 'die') process.exit(1);
           if (body === 'throw') setImmediate(() => { throw new Error('out of order'); });
           if (body === 'throw') return new Promise(() => {});
           if (body === 'hang') return new Promise((resolve) => setTimeout(resolve, 300, 'late'));
           return body + ' ' + threadId;
         },
       },
     }));`,
  );
  const pool = new ParserPool({ ...options, script: pathToFileURL(path) });
  return pool;
}

test('a request is parsed, and its errors keep their code', async () => {
  const pool = new ParserPool();
  assert.deepEqual(await pool.run('request', request('{"vector":[1,0.5],"k":3}')), {
    vector: Float32Array.of(1, 0.5),
    k: 3,
  });
  await assert.rejects(pool.run('request', request('{"k":0}')), {
    code: 'request-invalid',
    message: /^Field "k": /,
  });
  await assert.rejects(pool.run('request', request('[')), { code: 'request-invalid' });
  // What is said of a megabyte is short before it changes threads.
  await assert.rejects(
    pool.run('request', request(`{"${'k'.repeat(1e6)}":1}`)),
    ({ message, details }: SnapshelfError) => {
      assert.ok(message.length + JSON.stringify(details).length < 1000);
      return true;
    },
  );
  const bomb = `{"filter":${'[[],'.repeat(30)}${'[],'.repeat(100_000)}`;
  await assert.rejects(pool.run('request', request(bomb)), {
    code: 'request-invalid',
    details: { maxElements: 16_384 },
  });
});

test('what is handed over is not copied: its memory is gone here', async () => {
  const pool = new ParserPool();
  const large = request(`{"itemId":"${'x'.repeat(100_000)}"}`);
  await assert.rejects(pool.run('request', large), { code: 'request-invalid' });
  assert.equal(large[1].json?.byteLength, 0);
});

for (const end of ['die', 'throw'])
  test(`a thread that ends (${end}) fails its task alone, and another takes its place`, async (t) => {
    const pool = await oddPool(t, { threads: 1 });
    const [dead, next] = await Promise.allSettled([
      pool.run('request', request(end)),
      pool.run('request', request('a')),
    ]);
    assert.equal(dead.status === 'rejected' && dead.reason.code, 'worker-died');
    assert.equal(next.status, 'fulfilled');
    for (let round = 0; round < 3; round += 1)
      await assert.rejects(pool.run('request', request(end)), { code: 'worker-died' });
    assert.match(String(await pool.run('request', request('b'))), /^b /);
  });

test('the queue is bounded, and who leaves it leaves room', async (t) => {
  const pool = await oddPool(t, { threads: 1, maxQueue: 2 });
  const controller = new AbortController();
  const running = pool.run('request', request('hang'));
  const waiting = pool.run('request', request('a'));
  const leaving = pool.run('request', request('die'), controller.signal);
  await assert.rejects(pool.run('request', request('b')), {
    code: 'queue-full',
    details: { retryAfterSeconds: 2 },
  });
  controller.abort(new Error('left'));
  await assert.rejects(leaving, /left/);
  const later = pool.run('request', request('c'));
  assert.equal(await running, 'late');
  assert.match(String(await waiting), /^a /);
  // It would have died, had it not left.
  assert.match(String(await later), /^c /);
  await assert.rejects(pool.run('request', request('d'), controller.signal), /left/);
});

test('who leaves while a thread works is told at once; the thread goes on with the next', async (t) => {
  const pool = await oddPool(t, { threads: 1 });
  const controller = new AbortController();
  const running = pool.run('request', request('hang'), controller.signal);
  const next = pool.run('request', request('a'));
  controller.abort(new Error('left'));
  await assert.rejects(running, /left/);
  assert.match(String(await next), /^a /);
});

test('two tasks have two threads; a third waits', async (t) => {
  const pool = await oddPool(t, { threads: 2 });
  const answers = await Promise.all(['hang', 'hang', 'a'].map((body) => pool.run('request', request(body))));
  assert.deepEqual(answers.slice(0, 2), ['late', 'late']);
  assert.match(String(answers[2]), /^a /);
});

test('an idle pool keeps no process alive, a busy one does', async () => {
  const code = `
    const { parsers } = await import(${JSON.stringify(built('server/parsing/parser-pool.js'))});
    const json = new Uint8Array(Buffer.from('{"oldJob":1}'));
    await parsers().run('oldJob', [json]).catch(({ code }) => console.log(code));`;
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
