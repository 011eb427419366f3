// slow: starts processes
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockRun } from '../../../src/train/run/run-lock.ts';

const script = fileURLToPath(new URL(`./support/starter${extname(import.meta.url)}`, import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'snapshelf-run-lock-'));
after(() => rmSync(root, { recursive: true }));

/** Starts a process that takes the lock at a time; its answer comes when it has tried. */
function start(folder: string, time: number): { child: ChildProcess; answer: Promise<string> } {
  const child = spawn(process.execPath, [script, folder, String(time)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const answer = once(child.stdout as NodeJS.ReadableStream, 'data').then(([text]) => String(text).trim());
  return { child, answer };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('of two processes that start at once over the lock of a killed one, exactly one trains', async () => {
  const folder = mkdtempSync(join(root, 'race-'));
  for (let round = 0; round < 5; round += 1) {
    // The former version's lock, which names a process that is alive: in a container every process is number 1.
    writeFileSync(join(folder, 'run.lock'), String(process.pid));
    const time = Date.now() + 1500;
    const starters = [start(folder, time), start(folder, time)];
    const answers = await Promise.all(starters.map(({ answer }) => answer));
    assert.deepEqual(answers.sort(), ['held', 'run-busy'], `round ${round}`);
    assert.throws(() => lockRun(folder), { code: 'run-busy', message: /^The process \d+ on .* trains in/ });
    await Promise.all(starters.map(({ child }) => kill(child)));
  }
});

test('the lock file of a former version is ignored and removed, whatever it holds', () => {
  const folder = mkdtempSync(join(root, 'former-'));
  const path = join(folder, 'run.lock');
  for (const text of ['', 'x', '1', String(process.pid), '9'.repeat(100)]) {
    writeFileSync(path, text);
    using lock = lockRun(folder);
    assert.ok(lock, text);
    assert.ok(!existsSync(path));
  }
  mkdirSync(path);
  using lock = lockRun(folder);
  assert.ok(lock);
});
