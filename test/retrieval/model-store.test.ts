import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { storedModel, storedModelPath } from '../../src/model/index.ts';
import { storeModel } from '../../src/retrieval/model-store.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-models-'));
const data = join(folder, 'data');
const source = join(folder, 'tiny.onnx');

before(async () => {
  await writeTinyModel(source);
  chmodSync(source, 0o444);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('a model is stored once under its identity, also from a read-only file, and nothing else is left', async () => {
  const stored = await storeModel(data, source);
  assert.equal(stored.path, storedModelPath(data, stored.id));
  assert.deepEqual(readdirSync(join(data, 'models')), [`${stored.id}.onnx`]);
  const { mtimeMs, mode } = statSync(stored.path);
  assert.equal(mode & 0o200, 0o200);
  await storeModel(data, source);
  assert.equal(statSync(stored.path).mtimeMs, mtimeMs);
  assert.deepEqual(await storedModel(data, stored.id), stored);
});

test('a model that is missing or was changed is refused with what to do', async () => {
  const missing = 'a'.repeat(64);
  await assert.rejects(storedModel(data, missing), {
    code: 'model-not-found',
    message: `The data folder lacks the model ${missing}. Put it back as ${storedModelPath(data, missing)}.`,
  });
  await assert.rejects(storedModel(data, '../../etc'), { code: 'model-not-found' });
  await writeTinyModel(join(folder, 'other.onnx'), { seed: 2 });
  const { id, path } = await storeModel(data, source);
  const other = await storeModel(data, join(folder, 'other.onnx'));
  writeFileSync(path, readFileSync(other.path));
  await assert.rejects(storedModel(data, id), {
    code: 'model-invalid',
    message: /was changed.*Put the original back\.$/,
  });
});
