// A collection of this project, as a process that is asked: node collection-process.js FOLDER VECTORS ROWS QUERIES DIMENSION.
// Says {} as a line of JSON when the folder is open; answers each line, an object with `do` and the fields of that task.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Filter, ItemInput, SearchOptions } from '../../src/engine/index.ts';
import { Gallery } from '../../src/gallery/index.ts';
import { openLoop, percentile } from '../support/open-loop.ts';
import { metadataOf } from './metadata.ts';
import { readRows, type VectorSet } from './vectors.ts';

const [folder = '', path = '', ...numbers] = process.argv.slice(2);
const [rows = 0, queries = 0, dimension = 0] = numbers.map(Number);
const set: VectorSet = { path, rows, queries, dimension };
const modelId = '0'.repeat(64);
const name = 'peers';
const perWrite = 1000;

const opening = performance.now();
const gallery = await Gallery.open(folder);
const asked = await readRows(set, rows, queries);

const idOf = (row: number): string => `item-${String(row).padStart(8, '0')}`;
const rowOf = (id: string): number => Number(id.slice(5));

function itemsOf(vectors: readonly Float32Array[], first: number): ItemInput[] {
  return vectors.map((vector, at) => {
    const row = first + at;
    const metadata = metadataOf(row, rows);
    return { id: idOf(row), productId: `product-${row >> 2}`, vector, imageHash: '', metadata };
  });
}

/** What is told about a search of all queries. */
interface Answer {
  readonly ms: number[];
  readonly found: number[][];
  readonly kinds: Record<string, number>;
}

/** Search options, and filters for each query. */
interface SearchTask extends Omit<SearchOptions, 'filter'> {
  readonly filters?: readonly Filter[];
  readonly pages?: number;
}

async function search({ filters, pages = 1, ...options }: SearchTask): Promise<Answer[]> {
  const answers = Array.from({ length: pages }, (): Answer => ({ ms: [], found: [], kinds: {} }));
  for (const [i, vector] of asked.entries()) {
    let after: string | undefined;
    for (const { ms, found, kinds } of answers) {
      const filter = filters?.[i % filters.length];
      const start = performance.now();
      const { hits, next, searched } = await gallery.search(name, vector, {
        group: 'item',
        ...options,
        filter,
        after,
      });
      ms.push(performance.now() - start);
      found.push(hits.map(({ item }) => rowOf(item.id)));
      kinds[searched.kind] = (kinds[searched.kind] ?? 0) + 1;
      after = next ?? undefined;
    }
  }
  return answers;
}

/** Searches with so many under way at a time. Returns searches a second. */
async function throughput({
  atOnce,
  seconds,
  ...options
}: SearchTask & { atOnce: number; seconds: number }): Promise<object> {
  let done = 0;
  const end = performance.now() + 1000 * seconds;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      await gallery.search(name, asked[done % queries] ?? asked[0] ?? new Float32Array(), options);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return { perSecond: done / seconds };
}

/** Counts of four fields, of all items and of what a filter lets through. Returns milliseconds of each. */
async function facets(): Promise<object> {
  const fields = [
    { field: 'metadata.brand', limit: 20 },
    { field: 'metadata.category', limit: 20 },
    { field: 'metadata.inStock' },
    { field: 'metadata.price', ranges: 6 },
  ];
  const ms: number[] = [];
  for (let i = 0; i < queries; i += 1) {
    const filter: Filter | undefined = i % 2 === 0 ? undefined : { field: 'metadata.even', lt: 0.3 };
    const start = performance.now();
    await gallery.facets(name, { fields, filter });
    ms.push(performance.now() - start);
  }
  return { ms };
}

async function write(first: number, count: number): Promise<void> {
  for (let at = first; at < first + count; at += perWrite) {
    const some = await readRows(set, at, Math.min(perWrite, first + count - at));
    await gallery.upsert(name, modelId, itemsOf(some, at));
  }
}

async function settle(): Promise<void> {
  while ((await gallery.info(name)).index.state !== 'ready') await sleep(100);
}

/** Builds the collection; open-loop searches meanwhile where a rate is given. */
async function build({ rate = 0, seconds = 0 }: { rate?: number; seconds?: number }): Promise<object> {
  await gallery.create({ name, modelId, modelName: 'peers', dimension, metric: 'cosine' });
  const start = performance.now();
  await write(0, rows);
  const written = performance.now();
  const loop = rate === 0 ? undefined : await load({ rate, seconds });
  await settle();
  return { writeSeconds: (written - start) / 1000, seconds: (performance.now() - start) / 1000, ...loop };
}

async function load({ rate, seconds }: { rate: number; seconds: number }): Promise<object> {
  const { ms, errors } = await openLoop(rate, seconds, (i) =>
    gallery.search(name, asked[i % queries] ?? asked[0] ?? new Float32Array(), { k: 10 }),
  );
  return { p50: percentile(ms, 0.5), p99: errors > 0 ? null : percentile(ms, 0.99), errors };
}

/** Replaces a share of the items by the same ones. */
async function replace({ share, round }: { share: number; round: number }): Promise<object> {
  const count = Math.floor(rows * share);
  const first = (count * round) % rows;
  const start = performance.now();
  await gallery.delete(
    name,
    Array.from({ length: count }, (_, at) => idOf(first + at)),
  );
  await write(first, count);
  await settle();
  return { seconds: (performance.now() - start) / 1000 };
}

type Task = { readonly do: string } & Record<string, never>;

async function answer(task: Task): Promise<object> {
  const { do: what, ...rest } = task;
  if (what === 'build') return build(rest);
  if (what === 'search') return search(rest);
  if (what === 'throughput') return throughput(rest as never);
  if (what === 'facets') return facets();
  if (what === 'load') return load(rest as never);
  if (what === 'replace') return replace(rest as never);
  if (what === 'first') {
    // The first answer, from when the folder began to be opened.
    await gallery.search(name, asked[0] ?? new Float32Array(), { k: 10 });
    return { seconds: (performance.now() - opening) / 1000 };
  }
  if (what === 'memory') return { bytes: process.memoryUsage().rss };
  if (what === 'close') {
    await gallery.close();
    return {};
  }
  throw new RangeError(`there is no task ${what}`);
}

const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
say({});
for await (const line of createInterface({ input: process.stdin }))
  say(await answer(JSON.parse(line) as Task));
