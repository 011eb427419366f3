// slow: starts processes
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type SerializedError, SnapshelfError } from '../../src/errors.ts';
import { mainModule } from '../../src/main-module.ts';
import { WorkerThread, type WorkerThreadOptions } from '../../src/threads/index.ts';
import type { TestOperations } from './support/worker.ts';

const script = mainModule(import.meta.url, './support/worker');
const notices: string[] = [];
const options: WorkerThreadOptions<string> = {
  name: 'test',
  data: {},
  ended: 'The test thread has ended',
  advice: 'Start another one.',
  closed: 'The test thread was closed.',
  onNotice: (notice) => notices.push(notice),
};

async function start(
  changed: Partial<WorkerThreadOptions<string>> = {},
): Promise<WorkerThread<TestOperations, string>> {
  const { thread, ready } = await WorkerThread.start<TestOperations, string, string>(script, {
    ...options,
    ...changed,
  });
  assert.equal(ready, 'ready');
  return thread;
}

test('calls are answered, memory is handed over, notices arrive, and closing waits for what runs', async () => {
  const thread = await start();
  const slow = thread.call('sleep', [50]);
  assert.equal(await thread.call('add', [2, 3]), 5);
  assert.deepEqual(await thread.call('fill', [3]), Uint8Array.of(7, 7, 7));
  const given = new Uint8Array(8);
  const refused = thread.call('add', [given as never, (() => {}) as never], { transfer: [given.buffer] });
  await assert.rejects(refused, { name: 'DataCloneError' });
  await assert.rejects(thread.call('unclonable', []), /could not be cloned/);
  await thread.close();
  assert.equal(await slow, 1);
  await thread.close();
  assert.equal((await thread.ended).code, 'closed');
  await assert.rejects(thread.call('add', [1, 1]), { code: 'closed', message: options.closed });
  assert.deepEqual(notices.splice(0), ['started', 'closed']);
});

test('one signal serves many calls without a warning', async () => {
  const thread = await start();
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', note);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 20 }, () => thread.call('add', [1, 1], { signal })));
  await thread.close();
  process.off('warning', note);
  assert.deepEqual(warnings, []);
});

test('a thread that dies while it closes has died', async () => {
  const thread = await start({ data: { close: 'exit' } });
  const died = {
    code: 'worker-died',
    message: 'The test thread has ended (exit code 5). Start another one.',
  };
  await assert.rejects(thread.close(), died);
  await assert.rejects(thread.call('add', [1, 1]), died);
  assert.equal((await thread.ended).code, 'worker-died');
  notices.splice(0);
});

test('an error crosses with its code, details, stack and cause', async () => {
  const thread = await start();
  const error = await thread.call('fail', []).then(
    () => assert.fail('it should throw'),
    (reason: unknown) => reason as SnapshelfError & { cause: Error & SerializedError & { syscall: string } },
  );
  assert.ok(error instanceof SnapshelfError);
  assert.deepEqual(
    [error.code, error.details, error.message],
    ['gallery-damaged', { file: 'x' }, 'It broke.'],
  );
  assert.match(error.stack ?? '', /failWithCause/);
  assert.deepEqual(
    [error.cause.message, error.cause.code, error.cause.syscall],
    ['the disk is gone', 'EIO', 'read'],
  );
  await thread.close();
});

test('a crash rejects every call with worker-died, which has the stack and the cause of the thread', async () => {
  const thread = await start();
  const calls = await Promise.allSettled([
    thread.call('crash', []),
    thread.call('wait', []),
    thread.call('sleep', [60_000]),
  ]);
  for (const call of calls) {
    assert.ok(call.status === 'rejected');
    assert.equal(call.reason.code, 'worker-died');
    assert.equal(call.reason.message, 'The test thread has ended (planted). Start another one.');
    assert.match(call.reason.cause.stack, /plantedCrash/);
    assert.equal(call.reason.cause.cause.message, 'the root');
  }
  assert.equal(thread.alive, false);
  await assert.rejects(thread.call('add', [1, 1]), { code: 'worker-died' });
  await thread.close();
});

test('a thread that exits is told by its code, and one that does not start by its error', async () => {
  const thread = await start();
  await assert.rejects(thread.call('exit', [3]), { code: 'worker-died', message: /\(exit code 3\)/ });
  await assert.rejects(start({ data: { start: 'fail' } }), {
    code: 'gallery-damaged',
    stack: /failWithCause/,
  });
  await assert.rejects(start({ data: { start: 'exit' } }), {
    code: 'worker-died',
    message: /\(exit code 4\)/,
  });
});

test('calls of a thread that is being started wait for it, and so does its end; one that cannot start rejects them', async () => {
  const launched = WorkerThread.launch<TestOperations, string>(script, options);
  const sum = launched.call('add', [2, 3]);
  await launched.close();
  assert.equal(await sum, 5);
  assert.equal((await launched.ended).code, 'closed');
  const unable = WorkerThread.launch<TestOperations, string>(script, { ...options, data: { start: 'fail' } });
  await assert.rejects(unable.call('add', [2, 3]), { code: 'worker-died' });
  await unable.close();
  const closedAtOnce = WorkerThread.launch<TestOperations, string>(script, {
    ...options,
    data: { start: 'fail' },
  });
  const lost = assert.rejects(closedAtOnce.call('add', [2, 3]), { code: 'closed' });
  await closedAtOnce.close();
  await lost;
});

test('an aborted call rejects with the reason, and the thread is told; one that was not sent never is', async () => {
  const thread = await start({ maxConcurrent: 1 });
  notices.splice(0);
  const first = new AbortController();
  const second = new AbortController();
  const running = thread.call('wait', [], { signal: first.signal });
  const waiting = thread.call('wait', [], { signal: second.signal });
  second.abort(new Error('never mind'));
  await assert.rejects(waiting, /never mind/);
  first.abort(new Error('enough'));
  await assert.rejects(running, /enough/);
  await assert.rejects(thread.call('wait', [], { signal: first.signal }), /enough/);
  assert.equal(await thread.call('add', [1, 2]), 3);
  assert.deepEqual(notices.splice(0), ['given up']);
  await thread.close();
});

test('no more calls than allowed are in the thread at a time', async () => {
  for (const limit of [1, 3]) {
    const thread = await start({ maxConcurrent: limit });
    const most = await Promise.all(Array.from({ length: 9 }, () => thread.call('sleep', [5])));
    assert.equal(Math.max(...most), limit);
    await thread.close();
  }
});

/** Runs a program of one line that has a thread; returns what it prints. */
async function program(line: string): Promise<string> {
  const room = new URL('../../src/threads/index.js', import.meta.url);
  const code = `import { WorkerThread } from ${JSON.stringify(String(room))};
    const script = new URL(${JSON.stringify(String(script))});
    const start = (changed) => WorkerThread.start(script, { name: 'test', data: {}, ended: '-', closed: '-', ...changed });
    ${line}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    timeout: 60_000,
  });
  return stdout.trim();
}

test('an idle thread keeps no process alive, a call that is not answered does', async () => {
  assert.equal(await program(`await start(); console.log('end');`), 'end');
  const waiting = `const { thread } = await start(); thread.call('sleep', [300]).then(() => console.log('answered'));`;
  assert.equal(await program(waiting), 'answered');
});

test('an exit waits for the calls of a guarded thread', async () => {
  const line = (guardExit: boolean, ms: number): string => `
    const { thread } = await start({ guardExit: ${guardExit} });
    const shared = new SharedArrayBuffer(1);
    thread.call('mark', [${ms}, shared]);
    process.on('exit', () => console.log(new Uint8Array(shared)[0] === 1 ? 'waited' : 'left'));
    setTimeout(() => process.exit(0), 50);`;
  assert.equal(await program(line(true, 300)), 'waited');
  assert.equal(await program(line(false, 60_000)), 'left');
});
