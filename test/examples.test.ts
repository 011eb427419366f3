import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Retriever } from '../src/index.ts';
import { stripes } from './support/pictures.ts';
import { repositoryRoot } from './support/repository.ts';
import { writeTinyModel } from './support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-examples-'));
const data = join(folder, 'data');

before(async () => {
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  await using retriever = await Retriever.open(data, { model });
  await retriever.createCollection('shop');
  await retriever.add('shop', [
    { id: 'a', productId: 'sku-1', image: await stripes(10, 5) },
    { id: 'b', productId: 'sku-2', image: await stripes(190, 11) },
  ]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('own-backend.ts answers on a route of its own and serves the API beside it', {
  timeout: 60_000,
}, async () => {
  const script = join(repositoryRoot, 'dist', 'examples', 'own-backend.js');
  const child = spawn(process.execPath, [script, data], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const url = `http://127.0.0.1:${/\d+$/.exec(line)?.[0]}`;
  const photo = new FormData();
  photo.set('photo', new Blob([new Uint8Array(await stripes(190, 11))]), 'photo.jpg');
  const similar = await (await fetch(`${url}/similar`, { method: 'POST', body: photo })).json();
  assert.equal((similar as { sku: string }[])[0]?.sku, 'sku-2');
  const { collections } = (await (await fetch(`${url}/snapshelf/v1/collections`)).json()) as {
    collections: unknown[];
  };
  assert.equal(collections.length, 1);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});
