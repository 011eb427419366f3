// slow: starts processes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { mainModule } from '../../src/main-module.ts';
import { inheritedFlags, type RunProcessOptions, runProcess } from '../../src/threads/index.ts';
import type { TestTask } from './support/process.ts';

const script = mainModule(import.meta.url, './support/process');
const notices: number[] = [];
const options: RunProcessOptions<number, string, number> = {
  died: (why) => new SnapshelfError('worker-died', `It has no outcome: ${why}.`),
  onNotice: (notice) => notices.push(notice),
  onQuestion: async (question) => (question === 'six' ? 6 : 7),
};
const perform = (what: TestTask['do'], changed: Partial<typeof options> = {}): Promise<unknown> =>
  runProcess(script, { do: what } satisfies TestTask, { ...options, ...changed });

test('a process tells its result, its notices and its errors, and asks', async () => {
  assert.deepEqual(await perform('answer', { serialization: 'advanced' }), { bytes: Uint8Array.of(1, 2) });
  assert.equal(await perform('ask'), 42);
  await assert.rejects(perform('fail'), (error: Error) => {
    return error instanceof RangeError && error.message === 'planted' && /process/.test(error.stack ?? '');
  });
  assert.deepEqual(notices, [1, 1, 1]);
});

test('a process without an outcome is told by how it ended', async () => {
  await assert.rejects(perform('exit'), {
    code: 'worker-died',
    message: 'It has no outcome: it ended with code 5.',
  });
  await assert.rejects(perform('hang', { limits: { seconds: 1, megabytes: 4096 } }), /it took more than 1 s/);
  const megabytes = 200;
  await assert.rejects(
    perform('grow', { limits: { seconds: 60, megabytes } }),
    /more than 200 MiB of memory/,
  );
});

test('an abort kills the process and rejects with the reason', async () => {
  const controller = new AbortController();
  const running = perform('hang', {
    signal: controller.signal,
    onNotice: () => controller.abort(new Error('enough')),
  });
  await assert.rejects(running, /enough/);
  await assert.rejects(perform('answer', { signal: controller.signal }), /enough/);
});

test('a process does not outlive its owner, even within a statement that never ends', async () => {
  const room = new URL('../../src/threads/index.js', import.meta.url);
  const code = `import { runProcess } from ${JSON.stringify(String(room))};
    const notice = () => console.log('running');
    runProcess(new URL(${JSON.stringify(String(script))}), { do: 'hang' }, { died: () => new Error(), onNotice: notice,
      limits: { seconds: 600, megabytes: 4096 } });`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(owner.stdout, 'data');
  owner.kill('SIGKILL');
  // The process inherits the pipe of the owner's errors: it closes when the last of them is gone.
  owner.stderr.resume();
  await once(owner.stderr, 'close');
});

test('flags that say how modules are loaded are inherited, those of the main program are not', () => {
  const flags = [
    '--input-type=module',
    '--import',
    './hook.js',
    '-C',
    'dev',
    '--eval',
    '1',
    '--import=x',
    '--inspect',
  ];
  assert.deepEqual(inheritedFlags(flags), ['--import', './hook.js', '-C', 'dev', '--import=x']);
});
