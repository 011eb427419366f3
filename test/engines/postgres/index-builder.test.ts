// slow: starts a Postgres server
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresEngine } from '../../../src/engines/postgres/postgres-engine.ts';
import { randomNumbers } from '../../../src/random.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from '../../engine/support/postgres-server.ts';

const modelId = 'a'.repeat(64);

let server: PostgresServer;
before(async () => {
  if (!withoutPostgres) server = await startPostgres();
});
after(async () => {
  if (!withoutPostgres) await server.stop();
});

test('an index is built after the writes, also when the process that wrote has ended', {
  skip: withoutPostgres,
}, async () => {
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
});

test('a filter that has nothing to do with the distance is asked by the index, one that keeps out what is near exactly', {
  skip: withoutPostgres,
}, async () => {
  const scanLimits = { collection: 0, filtered: 0 };
  const engine = await PostgresEngine.open(server.url('filtered'), { scanLimits, indexPauseMs: 20 });
  await engine.create({ name: 'ring', modelId, modelName: 'test', metric: 'cosine', dimension: 2 });
  const count = 1200;
  // Round a circle: the halves are far from one another, every second and every tenth item is everywhere.
  const items = Array.from({ length: count }, (_, i) => ({
    id: `i${i}`,
    productId: `p${i >> 1}`,
    vector: Float32Array.of(Math.cos((2 * Math.PI * i) / count), Math.sin((2 * Math.PI * i) / count)),
    imageHash: '',
    label: i < count / 2 ? 'north' : 'south',
    metadata: { second: i % 2, tenth: (i * 7) % 10, from: Math.abs(i - 902) },
  }));
  await engine.upsert('ring', modelId, items);
  while ((await engine.info('ring')).index.state !== 'ready') await sleep(20);
  const north = Float32Array.of(0.01, 1);
  const south = Float32Array.of(0.01, -1);
  const cases = [
    [north, { field: 'label', equals: 'north' }, 'hnsw'],
    [south, { field: 'label', equals: 'north' }, 'exact'],
    [south, { not: { field: 'label', equals: 'south' } }, 'exact'],
    [south, { field: 'metadata.second', equals: 1 }, 'hnsw'],
    [south, { not: { field: 'metadata.tenth', equals: 3 } }, 'hnsw'],
    // So few that no more candidates than these are asked for.
    [south, { field: 'metadata.tenth', equals: 3 }, 'exact'],
  ] as const;
  for (const [vector, filter, kind] of cases)
    for (const group of ['item', 'product'] as const) {
      const asked = { filter, group, k: 8 };
      const { hits, searched } = await engine.search('ring', vector, asked);
      assert.equal(searched.kind, kind, `${JSON.stringify(filter)}, ${group}s`);
      assert.deepEqual(hits, (await engine.search('ring', vector, { ...asked, exact: true })).hits);
    }
  // Half of all, without the nearest: enough of them come soon after these.
  const filter = { field: 'metadata.from', gte: 17, lt: 317 };
  assert.equal((await engine.search('ring', south, { filter, group: 'item', k: 8 })).searched.kind, 'exact');
  await engine.close();
});
