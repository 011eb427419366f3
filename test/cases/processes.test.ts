// slow: starts processes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { defaultModel } from '../../src/model/index.ts';
import { type CliResult, snapshelf, startSnapshelf } from '../support/cli.ts';
import { writeStripedFolders } from '../support/pictures.ts';
import { repositoryRoot } from '../support/repository.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-processes-'));
const photos = join(folder, 'photos');
const model = join(folder, 'tiny.onnx');
const data = join(folder, 'data');
const gallery = ['--data', data, '--collection', 'shop'];
const picture = join(photos, 'label-1', '1.jpg');

before(async () => {
  await writeStripedFolders(photos, 4, 3);
  await writeTinyModel(model);
  await ok('index', photos, ...gallery, '--model', model);
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function ok(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await snapshelf(...args);
  assert.equal(code, 0, `snapshelf ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs a command whose standard output, or standard error, nobody reads any more. */
function withoutReader(stream: 'stdout' | 'stderr', ...args: readonly string[]): Promise<CliResult> {
  const running = startSnapshelf(...args);
  running.child[stream]?.destroy();
  return running.result;
}

test('row "S search | head -1, S --help | true": a command whose reader is gone ends quietly', async () => {
  const commands = [
    ['--help'],
    ['search', '--help'],
    ['recipes'],
    ['doctor'],
    ['inspect', model, '--graph'],
    ['inspect', data],
    ['search', picture, ...gallery, '--json'],
    ['index', photos, ...gallery],
  ];
  for (const args of commands) {
    const { code, stderr } = await withoutReader('stdout', ...args);
    assert.ok(code === 141 || code === 0, `${args.join(' ')}: ${code}\n${stderr}`);
    assert.ok(!/\n +at |EPIPE|error/.test(stderr), stderr);
  }
});

test('row "S --help | true", the standard error: what nobody reads is lost, and the work is done', async () => {
  const indexed = await withoutReader('stderr', 'index', photos, ...gallery);
  assert.deepEqual([indexed.code, /12 unchanged/.test(indexed.stdout)], [0, true], indexed.stdout);
  assert.equal((await withoutReader('stderr', 'search', 'none.jpg', ...gallery)).code, 1);
});

/** Runs a command whose standard output is the device that is always full. */
async function onFullDisk(...args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const full = openSync('/dev/full', 'w');
  const main = join(repositoryRoot, 'dist', 'src', 'cli', 'main.js');
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

test('sibling of "S search | head -1": a full disk for the output is no reader that is gone', {
  skip: !existsSync('/dev/full') && 'there is no /dev/full',
}, async () => {
  for (const args of [
    ['recipes', 'finetune'],
    ['search', picture, ...gallery, '--json'],
    ['inspect', model],
  ]) {
    const { code, stderr } = await onFullDisk(...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^error: The output cannot be written: ENOSPC.*\.$/m);
    assert.doesNotMatch(stderr, /\n +at /);
  }
});

test('an output that cannot be written is told before the work, and missing folders are made', async () => {
  const report = join(folder, 'reports', 'r.json');
  for (const command of [
    ['export', '--weights', 'imagenet-lite0', '--out'],
    ['embed', 'no-pictures', '--model', model, '--out'],
    ['evaluate', 'no-pictures', '--model', model, '--json'],
    ['compare', 'none.json', 'none.json', '--json'],
    ['snapshot', ...gallery, '--out'],
    ['backup', '--data', data, '--out'],
  ]) {
    const refused = await snapshelf(...command, photos);
    assertSentence(refused, command.join(' '));
    assert.match(refused.stderr, /cannot be written: it is a folder/);
  }
  await ok('embed', photos, '--model', model, '--out', join(folder, 'vectors', 'new', 'v.npy'));
  await ok('evaluate', photos, '--model', model, '--no-cache', '--ks', '1', '--json', report);
  assert.ok(existsSync(report));
});

const isRoot = process.getuid?.() === 0;
const asOther = { skip: !isRoot && 'only root may become another user' };

/** Checks that an answer is a sentence, without a stack and without blame on a collection. */
function assertSentence({ code, stderr }: CliResult, what: string): void {
  assert.equal(code, 1, `${what}\n${stderr}`);
  assert.match(stderr, /error: .*\.( \[[a-z-]+\])?\n$/, what);
  assert.ok(!/\n +at |gallery-damaged/.test(stderr), `${what}\n${stderr}`);
}

test('sibling: a place where no folder can be made is a sentence, at once', {
  skip: !existsSync('/proc/self') && 'there is no /proc',
}, async () => {
  for (const place of ['/proc/snapshelf', '/proc/snapshelf/a', join(picture, 'data')])
    assertSentence(await snapshelf('index', photos, '--data', place, '--collection', 'x'), place);
});

const shell = { skip: process.platform === 'win32' && 'the command is one of a POSIX shell' };

/** Serves the folder until the test ends. */
async function serve(t: { after(end: () => void): void }, ...args: readonly string[]) {
  const { child, result } = startSnapshelf('serve', '--port', '0', ...args);
  t.after(() => child.kill('SIGKILL'));
  let url = '';
  for await (const line of createInterface(child.stdout ?? assert.fail())) {
    url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0] ?? url;
    if (line.includes('"ready"')) break;
  }
  child.stdout?.resume();
  return { child, result, url };
}

test(
  'sibling, server.json: the number of a killed server is taken again, and the folder opens',
  shell,
  async (t) => {
    const killed = await serve(t, '--data', data);
    killed.child.kill('SIGKILL');
    await killed.result;
    const note = join(data, 'server.json');
    const left = JSON.parse(readFileSync(note, 'utf8'));
    // This process runs, and is no server.
    writeFileSync(note, JSON.stringify({ ...left, pid: process.pid }));
    assert.match(await ok('index', photos, ...gallery), /12 unchanged/);
    const again = await serve(t, '--data', data);
    assert.notEqual(JSON.parse(readFileSync(note, 'utf8')).token, left.token);
    again.child.kill('SIGTERM');
    assert.deepEqual([(await again.result).code, existsSync(note)], [0, false]);
  },
);

test('all commands work beside a running server, through the token of its file', async (t) => {
  const place = join(folder, 'served');
  const { child, result, url } = await serve(t, '--data', place);
  const here = ['--data', place, '--collection', 'shop'];
  if (process.platform !== 'win32') assert.equal(statSync(join(place, 'server.json')).mode & 0o777, 0o600);
  assert.match(await ok('index', photos, ...here, '--model', model), /12 added/);
  assert.match(await ok('index', photos, ...here), /12 unchanged/);
  const { items } = (await (await fetch(`${url}/v1/collections/shop`)).json()) as { readonly items: number };
  assert.equal(items, 12);
  const snapshot = join(folder, 'shop.snapshot');
  await ok('snapshot', ...here, '--out', snapshot);
  assert.match(await ok('restore', snapshot, '--data', place, '--collection', 'copy'), /12 items/);
  await ok('search', picture, '--data', place, '--collection', 'copy');
  await ok('reindex', ...here, '--model', model);
  const backup = join(folder, 'all.tar');
  assert.match(await ok('backup', '--data', place, '--out', backup), /2 collections, 1 model\n/);
  await ok('drop', '--data', place, '--collection', 'copy');
  assert.equal((await fetch(`${url}/v1/collections/copy`)).status, 404);
  child.kill('SIGTERM');
  assert.equal((await result).code, 0);
  const restored = join(folder, 'restored');
  for (const elsewhere of [
    ['--engine', 'postgres://shop:secret@none/shop'],
    ['--picture-store', 's3://shop'],
  ]) {
    const { code, stderr } = await snapshelf('restore-backup', backup, '--data', restored, ...elsewhere);
    assert.deepEqual([code, existsSync(restored), stderr.includes('secret')], [1, false, false]);
    assert.match(stderr, /^error: [^\n]* into a data folder [^\n]*\. \[engine-cannot\]\n$/);
  }
  assert.match(await ok('restore-backup', backup, '--data', restored), /restored copy: 12 items/);
  await ok('search', picture, '--data', restored, '--collection', 'shop');
  assertSentence(await snapshelf('restore-backup', backup, '--data', restored), 'a folder that is full');
});

test('a server without --model makes a collection', async (t) => {
  const { url } = await serve(t, '--data', join(folder, 'bare'));
  const made = await fetch(`${url}/v1/collections/shop`, { method: 'PUT' });
  assert.equal(made.status, 201);
  assert.equal(((await made.json()) as { modelName: string }).modelName, basename(defaultModel, '.onnx'));
});

test('a server of another user takes no commands, and the sentence says whose it is', asOther, async (t) => {
  const place = join(folder, 'of-another');
  await serve(t, '--data', place);
  chownSync(join(place, 'server.json'), 4242, 4242);
  const refused = await snapshelf('drop', '--data', place, '--collection', 'shop');
  assertSentence(refused, 'drop');
  assert.match(refused.stderr, /belongs to the user 4242/);
});

test(
  'a long command that is interrupted says what was kept, with the exit code of the signal',
  shell,
  async () => {
    const long = join(folder, 'long.jsonl');
    const line = (number: number): string => JSON.stringify({ path: picture, id: `${number}`, label: 'x' });
    writeFileSync(long, Array.from({ length: 3000 }, (_, number) => line(number)).join('\n'));
    const interrupted = async (signal: NodeJS.Signals, expected: number): Promise<void> => {
      const place = ['--data', join(folder, `long-${signal}`), '--collection', 'shop'];
      const { child, result } = startSnapshelf('index', long, ...place, '--model', model);
      let seen = '';
      child.stderr?.on('data', (chunk) => {
        if (/indexing: [1-9]/.test(seen)) return;
        seen += chunk;
        if (/indexing: [1-9]/.test(seen)) child.kill(signal);
      });
      const { code, stderr } = await result;
      assert.equal(code, expected, stderr);
      assert.match(stderr, /interrupted: about [1-9]\d* of 3000 pictures are done and kept\./);
    };
    // At once: they mostly wait for a line of progress.
    await Promise.all([interrupted('SIGINT', 130), interrupted('SIGTERM', 143), interrupted('SIGHUP', 129)]);
  },
);
