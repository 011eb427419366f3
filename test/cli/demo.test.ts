// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSnapshelf } from '../support/cli.ts';
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

/** Starts the demo and returns what it printed when it was ready, what a search with a picture found, and its exit code. */
async function demo(args: readonly string[], collection: string, picture: () => string) {
  const running = startSnapshelf(
    'demo',
    '--data',
    join(folder, 'data'),
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

test('the demo shows pictures of one’s own, and names those that cannot be read', async () => {
  const found = await demo(['--pictures', photos], 'pictures', () => join(photos, 'label-2', '1.jpg'));
  assert.match(found.printed, /left out .*broken\.jpg: /);
  assert.deepEqual([found.first, found.code], ['label-2/1.jpg', 0]);
});
