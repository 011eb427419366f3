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
/** Kinds of items, each of whole clusters. */
const kinds = 100;
/** Percentages of the items that filters let through. */
const shares = [1, 10, 50, 90];

interface Drawn {
  readonly vector: Float32Array;
  readonly kind: number;
}

/** Makes what draws vectors in clusters, of all kinds in turn. */
function drawer(dimension: number): () => Drawn {
  const random = randomNumbers(1);
  const normal = (): number => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  const draw = (): Float32Array => Float32Array.from({ length: dimension }, normal);
  const around = Array.from({ length: centres }, draw);
  let n = 0;
  return () => {
    n += 1;
    const at = (n * 7919) % centres;
    const centre = around[at] as Float32Array;
    return { vector: draw().map((value, i) => 0.8 * value + (centre[i] as number)), kind: at % kinds };
  };
}

/** The searches of a row of the table. */
interface Row {
  readonly filter?: Filter | undefined;
  /** True for a query of that kind. */
  readonly isAsked: (kind: number) => boolean;
}

/** Filters that have nothing to do with the distance, and such as keep out all but what is near a query, or just that. */
const rows: Readonly<Record<string, Row>> = {
  plain: { isAsked: () => true },
  ...Object.fromEntries(
    shares.flatMap((share): [string, Row][] => {
      const ofKind: Filter = { field: 'metadata.kind', lt: share };
      return [
        [`${share} % by chance`, { filter: { field: 'metadata.chance', lt: share }, isAsked: () => true }],
        [`${share} %, the query's kind`, { filter: ofKind, isAsked: (kind) => kind < share }],
        [`${share} %, other kinds`, { filter: ofKind, isAsked: (kind) => kind >= share }],
      ];
    }),
  ),
};

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
  const kinds = { exact: 0, hnsw: 0 };
  let right = 0;
  for (const query of queries) {
    const start = performance.now();
    const { hits, searched } = await engine.search('shop', query, { group: 'item', filter });
    times.push(performance.now() - start);
    kinds[searched.kind] += 1;
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
    exactly: kinds.exact,
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
  const random = randomNumbers(2);
  const items = Array.from({ length: count }, draw).map(({ vector, kind }, i) => ({
    id: `i${i}`,
    vector,
    imageHash: '',
    metadata: { kind, chance: Math.floor(100 * random()) },
  }));
  const queries = (isAsked: Row['isAsked']): Float32Array[] => {
    const found: Float32Array[] = [];
    while (found.length < (quick ? 3 : 100)) {
      const { vector, kind } = draw();
      if (isAsked(kind)) found.push(vector);
    }
    return found;
  };
  const asked = Object.entries(rows).map(([name, { filter, isAsked }]) => ({
    name,
    filter,
    queries: queries(isAsked),
  }));
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
      for (const one of asked)
        found[`${name}, ${one.name}`] = await searches(engine, one.queries, one.filter);
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
