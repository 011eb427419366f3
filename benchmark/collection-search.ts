// What does a search cost in a collection, which reads vectors and items from SQLite in a thread of its own, beside the
// same search over vectors in memory, which is what an evaluation times? 3,068 vectors of 1,280 numbers, cosine, the ten
// nearest; processor time, because other work on the machine distorts any other.
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabelledVectors } from '../src/eval/types.ts';
import { exactSearchOf, Gallery, HnswIndex } from '../src/gallery/index.ts';
import { randomNumbers } from '../src/random.ts';
import { rowOf } from '../src/vectors/index.ts';
import { median } from './support/measure.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

interface Scale {
  readonly rows: number;
  readonly dimension: number;
  readonly queries: number;
  readonly rounds: number;
}
const full: Scale = { rows: 3068, dimension: 1280, queries: 40, rounds: 7 };
const quick: Scale = { rows: 900, dimension: 1280, queries: 4, rounds: 2 };

const k = 10;
const perCluster = 30;
const modelId = '0'.repeat(64);

/** Vectors around centres; the queries are further ones. */
function drawVectors({ rows, dimension, queries }: Scale): LabelledVectors {
  const count = rows + queries;
  const vectors = new Float32Array(count * dimension);
  for (let row = 0; row < count; row += 1) {
    const centre = randomNumbers(row % Math.ceil(rows / perCluster));
    const noise = randomNumbers(1000 + row);
    for (let i = 0; i < dimension; i += 1)
      vectors[row * dimension + i] = centre() - 0.5 + 0.6 * (noise() - 0.5);
  }
  const ids = Array.from({ length: count }, (_, row) => String(row));
  return { vectors, dimension, ids, labels: ids };
}

/** Milliseconds of processor time per query: the median of some rounds. */
async function costOf(
  search: (vector: Float32Array) => unknown,
  queries: readonly Float32Array[],
  rounds: number,
): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    for (const query of queries) await search(query);
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / 1000 / queries.length);
  }
  return median(costs);
}

async function fill(gallery: Gallery, set: LabelledVectors, rows: number): Promise<void> {
  const { dimension } = set;
  await gallery.create({ name: 'b', modelId, modelName: 'benchmark', dimension, metric: 'cosine' });
  for (let start = 0; start < rows; start += 100) {
    const batch = Array.from({ length: Math.min(100, rows - start) }, (_, at) => start + at);
    const items = batch.map((row) => ({ id: `item-${row}`, vector: rowOf(set, row).slice(), imageHash: '' }));
    await gallery.upsert('b', modelId, items);
  }
  while ((await gallery.info('b')).index.state === 'building') await sleep(200);
}

function line(what: string, inMemory: number, inCollection: number): void {
  const rate = (cost: number): string => `${(1000 / cost).toFixed(0)} queries/s`;
  console.log(
    `  ${what.padEnd(6)} in memory ${inMemory.toFixed(2)} ms (${rate(inMemory)}), in a collection ${inCollection.toFixed(2)} ms (${rate(inCollection)}), ${(inCollection / inMemory).toFixed(1)} x`,
  );
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  const scale = options.quick ? quick : full;
  const { rows, dimension, queries: count, rounds } = scale;
  const set = drawVectors(scale);
  const items = { ...set, vectors: set.vectors.subarray(0, rows * dimension), ids: set.ids.slice(0, rows) };
  const queries = Array.from({ length: count }, (_, at) => rowOf(set, rows + at).slice());
  const scan = exactSearchOf(items, { metric: 'cosine' });
  const index = HnswIndex.create({ metric: 'cosine', dimension, capacity: rows });
  for (let row = 0; row < rows; row += 1) index.add(row, rowOf(items, row));
  console.log(
    `  ${cpus()[0]?.model}, ${rows} x ${dimension}, ef ${index.parameters?.ef}; processor time per query`,
  );
  await inTemporaryFolder(async (folder) => {
    await using gallery = await Gallery.open(folder);
    await fill(gallery, items, rows);
    const find = (exact: boolean) => (vector: Float32Array) =>
      gallery.search('b', vector, { k, group: 'item', exact });
    const ways = [
      (vector: Float32Array) => scan(vector, k),
      find(true),
      (vector: Float32Array) => index.search(vector, k),
      find(false),
    ];
    const costs: number[] = [];
    // The first searches of a process are slow, whichever they are.
    for (const way of ways) await costOf(way, queries.slice(0, 4), 1);
    for (const way of ways) costs.push(await costOf(way, queries, rounds));
    line('exact', costs[0] ?? 0, costs[1] ?? 0);
    line('HNSW', costs[2] ?? 0, costs[3] ?? 0);
  });
}
