import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CopyTarget } from '../../../src/gallery/rebuild/copy-target.ts';
import { createCollectionFile, openCollectionFile } from '../../../src/gallery/storage/collection-file.ts';
import type { Database } from '../../../src/gallery/storage/database.ts';
import { readState } from '../../../src/gallery/storage/state.ts';
import { vectorsKeyOf } from '../../../src/gallery/storage/vectors-key.ts';
import { silentLogger } from '../../../src/log.ts';
import { modelId, temporaryFolder } from '../support/gallery.ts';

const space = { modelId, modelName: 'test', dimension: 2, metric: 'cosine', generation: 1 } as const;
const settings = { space, storeImages: true, createdAt: '2026-01-01T00:00:00.000Z' };
const key = 'c'.repeat(64);

function opened(t: TestContext, file: string, readOnly = false): Database {
  const database = openCollectionFile(file, { readOnly });
  t.after(() => database.close());
  return database;
}

test('the key of the file of vectors is kept, and changes nothing else', async (t) => {
  const file = join(await temporaryFolder(t), 'catalogue.sqlite');
  createCollectionFile(file, settings);
  const own = vectorsKeyOf(opened(t, file), silentLogger);
  assert.equal(own.get(), undefined);
  own.set(key);
  assert.equal(own.get(), key);
  const again = opened(t, file);
  assert.deepEqual(readState(again).settings, { ...settings, vectorsKey: key });
  const warnings: string[] = [];
  const warn = (message: string): number => warnings.push(message);
  const reader = vectorsKeyOf(opened(t, file, true), { ...silentLogger, warn });
  reader.set('d'.repeat(64));
  assert.deepEqual([reader.get(), warnings], [key, ['the key of the file of vectors could not be kept']]);
});

test('a file that is made anew is known to belong to no file of vectors', async (t) => {
  const file = join(await temporaryFolder(t), 'catalogue.sqlite');
  const target = new CopyTarget(file, { ...settings, vectorsKey: key });
  target.finish(0, new Map());
  assert.deepEqual(readState(opened(t, file)).settings, settings);
});
