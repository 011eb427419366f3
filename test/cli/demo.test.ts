// slow: starts processes
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { snapshelf, startSnapshelf } from '../support/cli.ts';
import { writeStripedFolders } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-demo-cli-'));
const [photos, model] = [join(folder, 'photos'), join(folder, 'tiny.onnx')];

before(async () => {
  await writeStripedFolders(photos, 3, 2);
  writeFileSync(join(photos, 'broken.jpg'), 'no picture');
  await writeTinyModel(model);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Puts the catalogue that the first test drew where another demo looks for it, which then draws nothing. */
function copyDrawn(data: string): void {
  const drawn = join(folder, 'data', 'pictures');
  if (existsSync(drawn)) cpSync(drawn, join(folder, data, 'pictures'), { recursive: true });
}

/** Starts the demo and returns what it printed when it was ready, what a search with a picture found, and its exit code. */
async function demo(args: readonly string[], collection: string, picture: () => string, name = 'data') {
  const running = startSnapshelf(
    'demo',
    '--data',
    join(folder, name),
    '--model',
    model,
    '--port',
    '0',
    ...args,
  );
  let printed = '';
  running.child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  while (!printed.includes('curl') && running.child.exitCode === null) await sleep(50);
  const url = /at (http:\S+)/.exec(printed)?.[1];
  const form = new FormData();
  form.set('image', new Blob([readFileSync(picture())]), 'query.jpg');
  form.set('group', 'item');
  const response = await fetch(`${url}/v1/collections/${collection}/search`, { method: 'POST', body: form });
  const answer = (await response.json()) as { results: { item: { id: string } }[] };
  running.child.kill('SIGTERM');
  const { code } = await running.result;
  return { printed, first: answer.results[0]?.item.id, code };
}

test('the demo draws its catalogue, says which model answers, and answers', async () => {
  const pictures = join(folder, 'data', 'pictures', 'catalogue');
  const found = await demo([], 'demo', () => join(pictures, 'mug-red-1.jpg'));
  assert.equal(readdirSync(pictures).length, 288);
  assert.match(found.printed, /model: .*tiny\.onnx \(also here: .*models/);
  assert.deepEqual([found.first, found.code], ['mug-red/1', 0]);
});

test('the demo shows pictures of one’s own, names those that cannot be read, and keeps the others', async () => {
  const picture = (): string => join(photos, 'label-2', '1.jpg');
  const found = await demo(['--pictures', photos], 'photos', picture);
  assert.match(found.printed, /left out .*broken\.jpg: /);
  assert.deepEqual([found.first, found.code], ['label-2/1.jpg', 0]);
  const query = /image=@([^']+)'/.exec(found.printed)?.[1] ?? '';
  const galleries = readdirSync(photos, { recursive: true }).map((name) => join(photos, String(name)));
  assert.ok(existsSync(query) && !galleries.includes(query), query);
  rmSync(join(photos, 'label-1', '1.jpg'));
  const again = await demo(['--pictures', photos], 'photos', picture);
  assert.match(again.printed, /photos has 1 item that .* does not have.*--collection photos --prune/);
  assert.deepEqual([again.first, again.code], ['label-2/1.jpg', 0]);
});

test('two folders of one name have a collection each', async () => {
  const other = join(folder, 'other', 'Photos (new)');
  const same = join(folder, 'another', 'photos-new');
  await writeStripedFolders(other, 1, 2);
  await writeStripedFolders(same, 2, 1);
  const first = await demo(['--pictures', other], 'photos-new', () => join(other, 'label-0', '1.jpg'));
  const second = await demo(['--pictures', same], 'photos-new-2', () => join(same, 'label-1', '0.jpg'));
  assert.deepEqual([first.first, second.first], ['label-0/1.jpg', 'label-1/0.jpg']);
});

test('a server that fills its folder answers at once, says how far it is, and keeps what it has when it is stopped', async () => {
  const many = join(folder, 'many');
  await writeStripedFolders(many, 40, 10);
  const data = join(folder, 'stopped');
  const args = ['demo', '--data', data, '--model', model, '--port', '0', '--pictures', many];
  const running = startSnapshelf(...args);
  let printed = '';
  running.child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  while (!printed.includes('listening at') && running.child.exitCode === null) await sleep(10);
  const url = /at (http:\S+)/.exec(printed)?.[1];
  let waits = '';
  while (!/of 400 are indexed/.test(waits) && running.child.exitCode === null)
    waits = await (await fetch(`${url}/health/ready`)).text();
  assert.match(waits, /It waits for the pictures of many \(\d+ of 400 are indexed, .* left\)/);
  running.child.kill('SIGTERM');
  const { code, stdout } = await running.result;
  assert.equal(code, 0);
  assert.match(stdout, /interrupted: \d+ of 400 pictures are indexed and kept; the next start goes on/);
});

test('a folder called demo is not taken for the drawn catalogue, and is there after that was shown', async () => {
  const own = join(folder, 'own', 'Demo');
  await writeStripedFolders(own, 2, 1);
  const picture = (): string => join(own, 'label-1', '0.jpg');
  const first = await demo(['--pictures', own], 'demo-2', picture, 'reserved');
  copyDrawn('reserved');
  await demo([], 'demo', picture, 'reserved');
  const again = await demo(['--pictures', own], 'demo-2', picture, 'reserved');
  assert.deepEqual([first.first, again.first], ['label-1/0.jpg', 'label-1/0.jpg']);
});

/** Runs a demo that fails. */
async function failing(...args: readonly string[]): Promise<string> {
  const { code, stderr } = await snapshelf('demo', '--model', model, '--port', '0', ...args);
  assert.equal(code, 1);
  assert.doesNotMatch(stderr, /ENOENT| at /);
  return stderr;
}

test('the drawn catalogue takes the place of nothing that was not drawn', async () => {
  const data = join(folder, 'taken');
  copyDrawn('taken');
  const photos = join(folder, 'photos');
  const index = ['index', photos, '--data', data, '--collection', 'demo', '--model', model];
  assert.equal((await snapshelf(...index)).code, 0);
  const notes = ['', photos, '0'.repeat(64)];
  const said = [/did not draw/, /did not draw/, /not drawn, such as "label-0\/0\.jpg"/];
  for (const [i, note] of notes.entries()) {
    if (note !== '') writeFileSync(join(data, 'demo.demo'), note);
    assert.match(await failing('--data', data), said[i] ?? /never/);
  }
  assert.match((await snapshelf(...index)).stdout, /0 added, .* unchanged/);
});

test('pictures of which none can be read are said to be so', async () => {
  const broken = join(folder, 'unreadable');
  mkdirSync(broken);
  for (const name of ['a.jpg', 'b.jpg']) writeFileSync(join(broken, name), 'no picture');
  const said = await failing('--data', join(folder, 'nothing'), '--pictures', broken);
  assert.match(said, /None of the 2 pictures of unreadable can be read\. The first is .*a\.jpg: /);
});
