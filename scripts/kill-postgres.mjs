// Kills the primary of two Postgres servers while the engine writes and searches, promotes the replica, and counts what was
// acknowledged, found, lost and stored twice. Run: SNAPSHELF_POSTGRES_BIN=BIN node scripts/kill-postgres.mjs [rounds], with the folder of
// Postgres' programs.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEngine } from '../dist/src/engines/index.js';
import { postgresFolder, startPostgres } from '../dist/test/engine/support/postgres-server.js';

const [rounds = '2'] = process.argv.slice(2);
if (postgresFolder === undefined)
  throw new Error('Name the folder of the programs of Postgres in SNAPSHELF_POSTGRES_BIN.');
const modelId = 'a'.repeat(64);
const dimension = 32;

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-kill-'));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  server.close();
  return port;
}

const vectorOf = (n) =>
  Float32Array.from({ length: dimension }, (_, i) => Math.sin(n * 31 + i * (1 + (n % 17))));

async function round(number) {
  const ports = [await freePort(), await freePort()];
  const settings = (port) => ({ port, listen_addresses: '127.0.0.1', fsync: 'on', shared_buffers: '64MB' });
  const primary = await startPostgres({
    ...settings(ports[0]),
    synchronous_standby_names: '*',
    synchronous_commit: 'local',
  });
  const replica = await primary.replica(settings(ports[1]));
  const engine = await openEngine(join(folder, `data${number}`), {
    engine: `postgres://shop@127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}/postgres?target_session_attrs=read-write`,
  });
  await engine.create({ name: 'shop', modelId, modelName: 'test', dimension, metric: 'cosine' });
  const acknowledged = new Set();
  const errors = {};
  let searched = 0;
  let isOver = false;
  const note = (what, { code, message }) => {
    errors[`${what} ${code ?? message}`] = (errors[`${what} ${code ?? message}`] ?? 0) + 1;
  };
  const write = async (worker) => {
    for (let i = 0; !isOver; i += 1) {
      const items = Array.from({ length: 10 }, (_, j) => {
        const n = worker * 1_000_000 + i * 10 + j;
        return { id: `w${worker}-${i}-${j}`, vector: vectorOf(n), imageHash: '', metadata: { n } };
      });
      // As clients do: the same write again, until it is answered.
      for (let isDone = false; !isDone && !isOver; )
        try {
          await engine.upsert('shop', modelId, items);
          isDone = true;
          for (const { id } of items) acknowledged.add(id);
        } catch (error) {
          note('write', error);
          await sleep(100);
        }
    }
  };
  const search = async () => {
    while (!isOver)
      try {
        await engine.search('shop', vectorOf(searched), { k: 10, filter: { field: 'metadata.n', gte: 0 } });
        searched += 1;
      } catch (error) {
        note('search', error);
        await sleep(50);
      }
  };
  const work = [write(1), write(2), search()];
  await sleep(3000);
  const before = acknowledged.size;
  const began = performance.now();
  await primary.kill();
  await sleep(300);
  replica.promote();
  while (acknowledged.size < before + 100 && performance.now() - began < 60_000) await sleep(50);
  const back = performance.now() - began;
  await sleep(1500);
  isOver = true;
  await Promise.all(work);
  const found = [];
  for (let after; ; ) {
    const page = await engine.ids('shop', { after });
    found.push(...page);
    if (page.length < 10_000) break;
    after = page.at(-1);
  }
  const there = new Set(found);
  const { items } = await engine.info('shop');
  const lost = [...acknowledged].filter((id) => !there.has(id)).length;
  const row = {
    acknowledged: acknowledged.size,
    before,
    found: found.length,
    counted: items,
    lost,
    twice: found.length - there.size,
    searched,
    'writes go on after, s': (back / 1000).toFixed(1),
  };
  await engine.close();
  await primary.stop();
  await replica.stop();
  console.log(JSON.stringify({ ...row, errors }));
  return row;
}

const rows = [];
try {
  for (let n = 1; n <= Number(rounds); n += 1) rows.push(await round(n));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.table(rows);
process.exitCode = rows.every(({ lost, twice, found, counted }) => lost + twice === 0 && found === counted)
  ? 0
  : 1;
