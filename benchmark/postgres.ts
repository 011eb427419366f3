// How fast are imports and searches of the Postgres engine beside a data folder? It needs the folder of Postgres' programs in
// SNAPSHELF_POSTGRES_BIN; 100,000 vectors of 512 numbers, or --count.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Engine, Filter, ItemInput } from '../src/engine/index.ts';
import { openEngine } from '../src/engines/index.ts';
import { randomNumbers } from '../src/random.ts';
import { postgresFolder, startPostgres } from '../test/engine/support/postgres-server.ts';

const modelId = 'a'.repeat(64);
const centres = 1000;
const filters: Readonly<Record<string, Filter | undefined>> = {
  plain: undefined,
  half: { field: 'label', equals: 'odd' },
  hundredth: { field: 'metadata.hundredth', equals: 7 },
};

function drawer(dimension: number): () => Float32Array {
  const random = randomNumbers(1);
  const normal = (): number => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  const draw = (): Float32Array => Float32Array.from({ length: dimension }, normal);
  const around = Array.from({ length: centres }, draw);
  let n = 0;
  return () => {
    n += 1;
    const centre = around[(n * 7919) % centres] as Float32Array;
    return draw().map((value, i) => 0.8 * value + (centre[i] as number));
  };
}

async function fill(engine: Engine, items: readonly ItemInput[]): Promise<Record<string, string>> {
  const start = performance.now();
  for (let i = 0; i < items.length; i += 500) await engine.upsert('shop', modelId, items.slice(i, i + 500));
  const written = performance.now();
  while ((await engine.info('shop')).index.state !== 'ready') await sleep(100);
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return {
    'vectors/s': (items.length / ((written - start) / 1000)).toFixed(0),
    'import, s': seconds(written - start),
    'index after, s': seconds(performance.now() - written),
  };
}

async function searches(engine: Engine, queries: readonly Float32Array[], filter: Filter | undefined) {
  const times: number[] = [];
  const kinds = new Set<string>();
  let right = 0;
  for (const query of queries) {
    const start = performance.now();
    const { hits, searched } = await engine.search('shop', query, { group: 'item', filter });
    times.push(performance.now() - start);
    kinds.add(searched.kind);
    const best = await engine.search('shop', query, { group: 'item', filter, exact: true });
    const ids = new Set(best.hits.map(({ item }) => item.id));
    right += hits.filter(({ item }) => ids.has(item.id)).length / ids.size;
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] as number).toFixed(1);
  return {
    'recall@10': (right / queries.length).toFixed(3),
    'p50, ms': at(0.5),
    'p99, ms': at(0.99),
    searched: [...kinds].join(', '),
  };
}

/** Measures both engines with the same vectors and queries. */
export async function run({ quick }: { readonly quick: boolean }): Promise<void> {
  if (postgresFolder === undefined) {
    console.log('skipped: name the folder of the programs of Postgres in SNAPSHELF_POSTGRES_BIN');
    return;
  }
  const { values } = parseArgs({ options: { count: { type: 'string' } }, strict: false });
  const count = quick ? 600 : Number(values.count ?? 100_000);
  const dimension = quick ? 16 : 512;
  const draw = drawer(dimension);
  const items = Array.from({ length: count }, (_, i) => ({
    id: `i${i}`,
    vector: draw(),
    imageHash: '',
    label: i % 2 === 0 ? 'even' : 'odd',
    metadata: { hundredth: i % 100 },
  }));
  const queries = Array.from({ length: quick ? 3 : 100 }, draw);
  const server = await startPostgres({ shared_buffers: '1GB', max_wal_size: '4GB', fsync: 'on' });
  const folder = await mkdtemp(join(tmpdir(), 'snapshelf-benchmark-'));
  const imports: Record<string, unknown> = {};
  const found: Record<string, unknown> = {};
  try {
    for (const [name, url] of [
      ['data folder', undefined],
      ['postgres', server.url('snapshelf')],
    ] as const) {
      const engine = await openEngine(join(folder, name), { engine: url });
      await engine.create({ name: 'shop', modelId, modelName: 'test', dimension, metric: 'cosine' });
      imports[name] = await fill(engine, items);
      for (const [what, filter] of Object.entries(filters))
        found[`${name}, ${what}`] = await searches(engine, queries, filter);
      await engine.close();
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${count} vectors of ${dimension} numbers`);
  console.table(imports);
  console.table(found);
}
