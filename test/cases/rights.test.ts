// slow: starts processes
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type CliResult, snapshelf } from '../support/cli.ts';
import { writeStripedFolders } from '../support/pictures.ts';
import { repositoryRoot } from '../support/repository.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-rights-'));
const photos = join(folder, 'photos');
const data = join(folder, 'data');
const picture = join(photos, 'label-1', '1.jpg');
const main = join(repositoryRoot, 'dist', 'src', 'cli', 'main.js');

before(async () => {
  const model = join(folder, 'tiny.onnx');
  await writeStripedFolders(photos, 4, 3);
  await writeTinyModel(model);
  const made = await snapshelf('index', photos, '--data', data, '--collection', 'shop', '--model', model);
  assert.equal(made.code, 0, made.stderr);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const asOther = { skip: !isRoot && 'only root may become another user' };
const nobody = 65_534;

/** Runs a command as a user who owns nothing. */
function asNobody(...args: readonly string[]): Promise<CliResult> {
  const env = { ...process.env, SNAPSHELF_DATA: '', HOME: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { uid: nobody, gid: nobody, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** Checks that an answer is a sentence, without a stack and without blame on a collection. */
function assertSentence({ code, stderr }: CliResult, what: string): void {
  assert.equal(code, 1, `${what}\n${stderr}`);
  assert.match(stderr, /error: .*\.( \[[a-z-]+\])?\n$/, what);
  assert.ok(!/\n +at |gallery-damaged/.test(stderr), `${what}\n${stderr}`);
}

/** Checks that a server of a user who may only read the folder answers, and that changes are refused. */
async function assertServedToRead(copy: string): Promise<void> {
  const env = { ...process.env, HOME: folder };
  const args = [main, 'serve', '--data', copy, '--port', '0'];
  const child = spawn(process.execPath, args, { uid: nobody, gid: nobody, env });
  try {
    let said = '';
    let url: string | undefined;
    for await (const chunk of child.stdout) {
      said += String(chunk);
      url = said.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
      if (url !== undefined) break;
    }
    assert.equal((await fetch(`${url}/v1/collections/shop`)).status, 200, said);
    const dropped = await fetch(`${url}/v1/collections/shop`, { method: 'DELETE' });
    assert.equal(dropped.status, 403);
  } finally {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  }
}

test(
  'row "a data folder of another user, or read-only": a folder that may only be read is read',
  asOther,
  async () => {
    chmodSync(folder, 0o755);
    const copy = join(folder, 'of-root');
    cpSync(data, copy, { recursive: true });
    const there = ['--data', copy, '--collection', 'shop'];
    const found = await asNobody('search', picture, ...there);
    assert.equal(found.code, 0, found.stderr);
    assert.match(found.stdout, /label-1\/1\.jpg/);
    const inspected = await asNobody('inspect', copy);
    assert.deepEqual([inspected.code, /items: 12/.test(inspected.stdout)], [0, true], inspected.stderr);
    assertSentence(await asNobody('index', photos, ...there), 'index');
    assertSentence(await asNobody('drop', ...there), 'drop');
    await assertServedToRead(copy);
  },
);

test('row "a data folder of another user": one that may not be entered is a sentence', asOther, async () => {
  const closed = join(folder, 'closed');
  cpSync(data, closed, { recursive: true });
  chmodSync(closed, 0o700);
  const there = ['--data', closed, '--collection', 'shop'];
  assertSentence(await asNobody('search', picture, ...there), 'search');
  assertSentence(await asNobody('inspect', closed), 'inspect');
  assertSentence(await asNobody('index', photos, ...there), 'index');
  assertSentence(await asNobody('serve', '--data', closed, '--port', '0'), 'serve');
});
