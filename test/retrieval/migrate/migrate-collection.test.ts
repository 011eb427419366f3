import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Engine, ItemInput } from '../../../src/engine/index.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { migrateCollection } from '../../../src/retrieval/index.ts';

const modelId = 'a'.repeat(64);
const items: ItemInput[] = Array.from({ length: 450 }, (_, at) => ({
  id: `i${at}`,
  productId: `p${at % 7}`,
  vector: Float32Array.of(Math.cos(at), Math.sin(at), at / 3),
  imageHash: at % 50 === 0 ? 'b'.repeat(64) : '',
  metadata: { at },
  ...(at % 2 === 0 && { label: 'even', split: 'query' as const }),
  ...(at % 50 === 0 && { image: Buffer.from(`picture ${at}`), thumbnail: Buffer.from('small') }),
}));

test('a migration brings everything, goes on where it was interrupted, and says what differs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'snapshelf-migrate-'));
  const from: Engine = await Gallery.open(join(folder, 'from'));
  const to: Engine = await Gallery.open(join(folder, 'to'));
  await from.create({ name: 'shop', modelId, modelName: 'test', dimension: 3, metric: 'l2' });
  await from.upsert('shop', modelId, items);
  await from.setDocument('shop', 'note', 'a word');
  const stop = new AbortController();
  const gone = new Error('interrupted');
  const onProgress = (): void => stop.abort(gone);
  await assert.rejects(migrateCollection(from, to, 'shop', { onProgress, signal: stop.signal }), gone);
  const { written, unchanged, ...verified } = await migrateCollection(from, to, 'shop');
  assert.deepEqual([written, unchanged], [250, 200]);
  assert.deepEqual(verified, { items: 450, compared: 20, sameAnswers: 1 });
  assert.equal(await to.document('shop', 'note'), 'a word');
  assert.equal(String(Buffer.from((await to.image('shop', 'i50')).bytes)), 'picture 50');
  const pictures = await migrateCollection(from, to, 'shop');
  assert.deepEqual([pictures.written, pictures.unchanged], [0, 450]);
  assert.equal(String(Buffer.from((await to.thumbnail('shop', 'i50')).bytes)), 'small');
  await to.upsert('shop', modelId, [{ ...(items[0] as ItemInput), id: 'stranger' }]);
  await assert.rejects(migrateCollection(from, to, 'shop'), {
    code: 'collection-busy',
    message: /"stranger"/,
  });
  await from.close();
  await to.close();
  await rm(folder, { recursive: true });
});
