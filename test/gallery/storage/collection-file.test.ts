import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCollectionFile, openCollectionFile } from '../../../src/gallery/storage/collection-file.ts';
import type { Database } from '../../../src/gallery/storage/database.ts';
import { readState } from '../../../src/gallery/storage/state.ts';
import { upsertItems } from '../../../src/gallery/storage/writes.ts';
import { item, modelId, temporaryFolder } from '../support/gallery.ts';

/** An open database of an empty collection. */
async function openDatabase(t: TestContext): Promise<Database> {
  const file = join(await temporaryFolder(t), 'catalogue.sqlite');
  const space = { modelId, modelName: 'test', dimension: 2, metric: 'cosine', generation: 1 } as const;
  createCollectionFile(file, { space, storeImages: true, createdAt: '2026-01-01T00:00:00.000Z' });
  const database = openCollectionFile(file);
  t.after(() => database.close());
  return database;
}

test('what is committed is on the disk: a write-ahead log, synced at every commit', async (t) => {
  const database = await openDatabase(t);
  assert.equal(database.get<{ journal_mode: string }>('PRAGMA journal_mode')?.journal_mode, 'wal');
  assert.equal(database.get<{ synchronous: number }>('PRAGMA synchronous')?.synchronous, 2);
});

test('a full disk is said to be that, nothing of the batch stays, and it goes on when there is room', async (t) => {
  const database = await openDatabase(t);
  const batch = [1, 2, 3].map((i) => item(`i${i}`, [i, 1], { image: new Uint8Array(50_000) }));
  // SQLite answers SQLITE_FULL for a limit of pages as it does for a full disk.
  database.exec('PRAGMA max_page_count = 30');
  assert.throws(() => upsertItems(database, batch), { code: 'disk-full' });
  assert.deepEqual([readState(database).items, readState(database).sequence], [0, 0]);
  database.exec('PRAGMA max_page_count = 100000');
  assert.equal(upsertItems(database, batch).result.added, 3);
  assert.equal(readState(database).items, 3);
});
