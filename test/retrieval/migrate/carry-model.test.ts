import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemoryRecords } from '../../../src/engine/index.ts';
import { defaultModel, readModelFile, storedModel, storedModelPath } from '../../../src/model/index.ts';
import { carryModel, storeModel } from '../../../src/retrieval/index.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

test('a model goes along: from a folder, from the servers of an engine, and between two engines', async (t) => {
  const folder = temporaryFolder(t);
  await writeTinyModel(join(folder, 'tiny.onnx'));
  const first = { engine: {}, folder: join(folder, 'first') };
  const { id } = await storeModel(first.folder, join(folder, 'tiny.onnx'));
  const second = { engine: {}, folder: join(folder, 'second') };
  const one = { engine: { records: new MemoryRecords() }, folder: undefined };
  const other = { engine: { records: new MemoryRecords() }, folder: undefined };
  assert.equal(await carryModel(first, one, id), true);
  assert.equal(await carryModel(one, other, id), true);
  assert.equal(await carryModel(other, second, id), true);
  assert.equal((await storedModel(second.folder, id)).id, id);
  const third = { engine: {}, folder: join(folder, 'third') };
  assert.equal(await carryModel(second, third, id), true);
  assert.ok(existsSync(storedModelPath(third.folder, id)));
});

test('it is told where a model is not: it is nowhere, or the engine keeps none', async (t) => {
  const folder = temporaryFolder(t);
  await writeTinyModel(join(folder, 'tiny.onnx'));
  const data = { engine: {}, folder: join(folder, 'data') };
  const { id } = await storeModel(data.folder, join(folder, 'tiny.onnx'));
  const cluster = { engine: {}, folder: undefined };
  assert.equal(await carryModel(data, cluster, id), false);
  const servers = { engine: { records: new MemoryRecords() }, folder: undefined };
  assert.equal(await carryModel(data, servers, 'a'.repeat(64)), false);
  assert.equal(await carryModel(cluster, servers, 'a'.repeat(64)), false);
});

test('a model that ships is everywhere', async (t) => {
  if (!existsSync(defaultModel)) return t.skip('the default model is not here');
  const { id } = await readModelFile(defaultModel);
  const cluster = { engine: {}, folder: undefined };
  assert.equal(await carryModel({ engine: {}, folder: temporaryFolder(t) }, cluster, id), true);
});
