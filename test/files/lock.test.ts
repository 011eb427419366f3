// slow: starts processes
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SnapshelfError } from '../../src/errors.ts';
import { FolderLock, type FolderLockOptions, type LockHolder } from '../../src/files/index.ts';

const script = fileURLToPath(new URL(`./support/lock-holder${extname(import.meta.url)}`, import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'snapshelf-lock-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true });
});

const holders: (LockHolder | undefined)[] = [];
const options: FolderLockOptions = {
  name: 'lock',
  busy: (holder) => {
    holders.push(holder);
    return new SnapshelfError('run-busy', 'Another process holds the folder.');
  },
  foreign: (file) => new SnapshelfError('run-invalid', `${file} is not ours.`),
};

async function start(folder: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [said] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, said: String(said).trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('one of several processes that start at once gets the lock, also over what a killed one left', async () => {
  const folder = mkdtempSync(join(root, 'race-'));
  for (let round = 0; round < 3; round += 1) {
    const started = await Promise.all([start(folder), start(folder), start(folder)]);
    assert.deepEqual(started.map(({ said }) => said).sort(), ['held', 'run-busy', 'run-busy']);
    await Promise.all(started.map(({ child }) => kill(child)));
  }
});

test('a note that names a living process keeps nobody out: in a container every process is number 1', () => {
  const folder = mkdtempSync(join(root, 'note-'));
  writeFileSync(join(folder, 'lock.json'), JSON.stringify({ pid: process.pid }));
  using lock = new FolderLock(folder, options);
  assert.equal(JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8')).pid, process.pid);
  assert.ok(lock);
});

test('who is kept out is told who holds the folder', async () => {
  const folder = mkdtempSync(join(root, 'holder-'));
  const { child } = await start(folder);
  assert.throws(() => new FolderLock(folder, options), { code: 'run-busy' });
  assert.equal(holders.at(-1)?.pid, child.pid);
  writeFileSync(join(folder, 'lock.json'), 'half a no');
  assert.throws(() => new FolderLock(folder, options), { code: 'run-busy' });
  assert.equal(holders.at(-1), undefined);
  await kill(child);
  new FolderLock(folder, options).release();
});

test('a lock can be released twice and taken again, and a lock file with content is refused', () => {
  const folder = mkdtempSync(join(root, 'again-'));
  for (let round = 0; round < 2; round += 1) {
    const lock = new FolderLock(folder, options);
    lock.release();
    lock.release();
  }
  writeFileSync(join(folder, 'lock.sqlite'), 'something');
  assert.throws(() => new FolderLock(folder, options), { code: 'run-invalid' });
});
