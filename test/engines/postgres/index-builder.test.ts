// slow: starts a Postgres server
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresEngine } from '../../../src/engines/postgres/postgres-engine.ts';
import { randomNumbers } from '../../../src/random.ts';
import { startPostgres, withoutPostgres } from '../../engine/support/postgres-server.ts';

const modelId = 'a'.repeat(64);

test('an index is built after the writes, also when the process that wrote has ended', {
  skip: withoutPostgres,
}, async () => {
  const server = await startPostgres();
  try {
    const url = server.url('snapshelf');
    const scanLimits = { collection: 0, filtered: 0 };
    const random = randomNumbers(1);
    // More numbers than an index of `vector` takes.
    const dimension = 2500;
    const items = Array.from({ length: 60 }, (_, i) => ({
      id: `i${i}`,
      vector: Float32Array.from({ length: dimension }, () => random() - 0.5),
      imageHash: '',
    }));
    const query = items[7]?.vector ?? new Float32Array();
    const space = { modelId, modelName: 'test', metric: 'l2' } as const;
    const writer = await PostgresEngine.open(url, { scanLimits, indexPauseMs: 600_000 });
    await writer.create({ name: 'shop', ...space, dimension });
    await writer.upsert('shop', modelId, items);
    assert.equal((await writer.info('shop')).index.state, 'building');
    assert.equal((await writer.search('shop', query)).searched.kind, 'exact');
    await assert.rejects(writer.create({ name: 'big', ...space, dimension: 4001 }), {
      code: 'engine-cannot',
    });
    await writer.close();
    const reader = await PostgresEngine.open(url, { scanLimits, readOnly: true });
    while ((await reader.info('shop')).index.state !== 'ready') await sleep(20);
    const { hits, searched } = await reader.search('shop', query, { k: 3 });
    const exact = await reader.search('shop', query, { k: 3, exact: true });
    assert.equal(searched.kind, 'hnsw');
    assert.deepEqual(hits, exact.hits);
    assert.equal((await reader.info('shop')).index.indexed, items.length);
    await reader.close();
  } finally {
    await server.stop();
  }
});
