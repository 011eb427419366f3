// slow: starts processes
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockRun } from '../../../src/train/run/run-lock.ts';

const script = fileURLToPath(new URL(`./support/starter${extname(import.meta.url)}`, import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'snapshelf-run-lock-'));
after(() => rmSync(root, { recursive: true }));

interface Starter {
  readonly child: ChildProcess;
  /** Returns the next line that the process prints. */
  readonly said: () => Promise<string>;
}

/** Starts a process that takes the lock once the file `go` is there: it says "ready", then its answer. */
function start(folder: string, go: string): Starter {
  const child = spawn(process.execPath, [script, folder, go], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]();
  return { child, said: async () => String((await lines.next()).value) };
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
    const go = join(root, `go-${round}`);
    const starters = [start(folder, go), start(folder, go)];
    for (const { said } of starters) assert.equal(await said(), 'ready');
    writeFileSync(go, '');
    const answers = await Promise.all(starters.map(({ said }) => said()));
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
