import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ReadAheadOperations } from '../../../src/gallery/inspect/read-ahead.ts';
import { ReadAhead } from '../../../src/gallery/inspect/read-ahead.ts';
import { mainModule } from '../../../src/main-module.ts';
import { WorkerThread } from '../../../src/threads/index.ts';
import { fixtures } from '../support/crafted.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

const script = mainModule(import.meta.url, '../../../src/gallery/inspect/read-ahead-thread');
const earlier = join(fixtures, 'data-447a4fb', 'collections', 'shop', 'catalogue.sqlite');

test('a file is read in parts, each of which is taken once', async (t) => {
  const directory = await temporaryFolder(t);
  const gallery = await openGallery(t, { directory });
  await gallery.create(settings('shop', 2));
  await gallery.upsert('shop', modelId, [item('a', [1, 0])]);
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  const options = { name: 'test', ended: 'It has ended', closed: 'It was closed.' };
  const { thread } = await WorkerThread.start<ReadAheadOperations>(script, options);
  const next = new Int32Array(new SharedArrayBuffer(4));
  await thread.call('read', [file, next]);
  // Both indexes and a part of the table were read; the number of the next one was taken in vain.
  assert.equal(next[0], 4);
  await thread.call('read', [file, next]);
  assert.equal(next[0], 5);
  await thread.close();
});

test('what cannot be read is no matter here', async (t) => {
  const broken = join(await temporaryFolder(t), 'broken.sqlite');
  await writeFile(broken, 'no database');
  const readAhead = new ReadAhead();
  for (const file of [broken, earlier, 'missing.sqlite', earlier]) readAhead.begin(file);
  await readAhead.close();
});
