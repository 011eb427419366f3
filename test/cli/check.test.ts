// slow: opens a data folder several times, each in a process first
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Retriever } from '../../src/retrieval/index.ts';
import { snapshelf } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

test('check finds damage, --repair makes vectors and thumbnails anew from pictures, and not beside a server', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-check-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  const model = join(folder, 'tiny.onnx');
  const file = join(data, 'collections', 'shop', 'catalogue.sqlite');
  await writeTinyModel(model);
  const check = async (...more: string[]) => {
    const { code, stdout, stderr } = await snapshelf('check', '--data', data, ...more);
    return { code, text: stdout + stderr };
  };
  const made = new Map<string, { readonly vector: Float32Array; readonly small: Uint8Array }>();
  const read = async ({ gallery }: Retriever, id: string) => ({
    vector: await gallery.vector('shop', id),
    small: (await gallery.thumbnail('shop', id)).bytes,
  });
  {
    await using retriever = await Retriever.open(data, { model });
    await retriever.createCollection('shop');
    for (const [i, id] of ['a', 'b', 'c'].entries()) {
      await retriever.add('shop', [{ id, image: await stripes(60 * i, 3 + i), label: id }]);
      made.set(id, await read(retriever, id));
    }
    const refused = await check('--repair');
    assert.equal(refused.code, 1);
    assert.match(refused.text, /stop that process \(a server too\), repair, and start it again/);
    assert.equal((await check()).code, 0);
  }
  const bytes = readFileSync(file);
  for (const part of [made.get('a')?.vector, made.get('b')?.small]) {
    assert.ok(part !== undefined);
    const at = bytes.indexOf(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    assert.ok(at > 0);
    bytes[at + 9] = (bytes[at + 9] ?? 0) ^ 4;
  }
  writeFileSync(file, bytes);
  const found = await check();
  assert.equal(found.code, 1);
  assert.match(found.text, /^shop: damaged\n {2}vector of "a" .*\n {2}thumbnail of "b" /m);
  const repaired = await check('--repair');
  assert.equal(repaired.code, 2, repaired.text);
  assert.match(repaired.text, /made anew from its picture: "a"\n {2}made anew from its picture: "b"/);
  assert.deepEqual(await check(), { code: 0, text: 'shop: clean\n' });
  await using again = await Retriever.open(data, { model });
  for (const [id, before] of made) assert.deepEqual(await read(again, id), before, id);
  assert.deepEqual((await again.gallery.list('shop')).items.map(({ label }) => label).sort(), [
    'a',
    'b',
    'c',
  ]);
});
