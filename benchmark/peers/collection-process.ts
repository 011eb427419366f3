// A collection of this project, as a process that is asked: node collection-process.js FOLDER VECTORS ROWS QUERIES DIMENSION CLUSTERS MODEL.
// Says {} as a line of JSON when the folder is open; answers each line, an object with `do` and the fields of that task. It uses
// what the library offers to anybody.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FacetsOptions, Filter, ItemInput, SearchOptions } from '../../src/engine/index.ts';
import { Gallery } from '../../src/gallery/index.ts';
import { openLoop, percentile } from '../support/open-loop.ts';
import { fieldsOf, rowOf } from './metadata.ts';
import { readRows, type VectorSet } from './vectors.ts';

const [folder = '', path = '', ...numbers] = process.argv.slice(2, -1);
const modelId = process.argv.at(-1) ?? '';
const [rows = 0, queries = 0, dimension = 0, clusters = 0] = numbers.map(Number);
const set: VectorSet = { path, rows, queries, dimension, clusters };
const name = 'peers';
const perWrite = 1000;

const opening = performance.now();
const gallery = await Gallery.open(folder);
const asked = await readRows(set, rows, queries);
const queryOf = (i: number): Float32Array => asked[i % queries] ?? new Float32Array();

/** What is told about a search of all queries. */
interface Answer {
  readonly ms: number[];
  readonly filterMs: number[];
  readonly found: number[][];
  readonly kinds: Record<string, number>;
  /** Items that pass the filter of the last query. */
  total: number;
}

/** Search options, and filters for each query. */
interface SearchTask extends Omit<SearchOptions, 'filter'> {
  readonly filters?: readonly Filter[];
  readonly pages?: number;
}

/** Searches for all queries, one after the other. Returns an answer for each page. */
async function search({ filters, pages = 1, ...options }: SearchTask): Promise<Answer[]> {
  const answers = Array.from(
    { length: pages },
    (): Answer => ({ ms: [], filterMs: [], found: [], kinds: {}, total: 0 }),
  );
  for (const [i, vector] of asked.entries()) {
    let after: string | undefined;
    for (const answer of answers) {
      const filter = filters?.[i % filters.length];
      const start = performance.now();
      const found = await gallery.search(name, vector, { group: 'item', ...options, filter, after });
      answer.ms.push(performance.now() - start);
      answer.filterMs.push(found.timings.filterMs);
      answer.found.push(found.hits.map(({ item }) => rowOf(item.id)));
      answer.kinds[found.searched.kind] = (answer.kinds[found.searched.kind] ?? 0) + 1;
      answer.total = found.total;
      after = found.next ?? undefined;
    }
  }
  return answers;
}

/** Asks all queries at once, as callers do who do not wait for one another. */
async function batch(options: SearchOptions): Promise<object> {
  const start = performance.now();
  await Promise.all(asked.map((vector) => gallery.search(name, vector, { group: 'item', ...options })));
  return { seconds: (performance.now() - start) / 1000 };
}

/** Searches with so many under way at a time. Returns searches a second. */
async function throughput(task: SearchOptions & { atOnce: number; seconds: number }): Promise<object> {
  const { atOnce, seconds, ...options } = task;
  let done = 0;
  const start = performance.now();
  const one = async (): Promise<void> => {
    while (performance.now() < start + 1000 * seconds) {
      await gallery.search(name, queryOf(done), options);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return { perSecond: (1000 * done) / (performance.now() - start) };
}

/** Counts values as often as there are queries, at most 50 times. Returns milliseconds of each, after the first, and of the first. */
async function facets(options: FacetsOptions): Promise<object> {
  const ms: number[] = [];
  for (let i = 0; i <= Math.min(50, queries); i += 1) {
    const start = performance.now();
    await gallery.facets(name, options);
    ms.push(performance.now() - start);
  }
  return { first: ms[0], ms: ms.slice(1) };
}

async function write(first: number, count: number): Promise<void> {
  for (let at = first; at < first + count; at += perWrite) {
    const vectors = await readRows(set, at, Math.min(perWrite, first + count - at));
    const items = vectors.map((vector, i): ItemInput => {
      return { ...fieldsOf(at + i, set), vector, imageHash: '' };
    });
    await gallery.upsert(name, modelId, items);
  }
}

/** Waits until the index holds everything and has no more room of deleted vectors than it keeps. */
async function settle(): Promise<void> {
  for (;;) {
    const { state, deletedShare } = (await gallery.info(name)).index;
    if (state === 'ready' && deletedShare <= 0.2) return;
    await sleep(50);
  }
}

/** Makes the collection and waits until its index is whole. */
async function build(): Promise<object> {
  await gallery.create({ name, modelId, modelName: 'peers', dimension, metric: 'cosine' });
  const start = performance.now();
  await write(0, rows);
  const written = performance.now();
  await settle();
  return { writeSeconds: (written - start) / 1000, seconds: (performance.now() - start) / 1000 };
}

/** Requests at a fixed rate; with `scans`, exact searches go on meanwhile, one at a time. Tells whether the index is whole at the end. */
async function load(task: { rate: number; seconds: number; of: string; scans?: boolean }): Promise<object> {
  const { rate, seconds, of, scans = false } = task;
  let isOver = false;
  const scanning = (async (): Promise<void> => {
    for (let i = 0; scans && !isOver; i += 1)
      await gallery.search(name, queryOf(i), { k: 10, group: 'item', exact: true });
  })();
  const { ms, errors } = await openLoop(rate, seconds, (i) =>
    of === 'get'
      ? gallery.get(name, fieldsOf((i * 7919) % rows, set).id)
      : gallery.search(name, queryOf(i), { k: 10 }),
  );
  isOver = true;
  await scanning;
  const { state } = (await gallery.info(name)).index;
  return { p50: percentile(ms, 0.5), p99: errors > 0 ? null : percentile(ms, 0.99), errors, state };
}

/** Deletes a share of the items and writes them again, part by part, so that the collection stays as large as it is. */
async function replace({ share, round }: { share: number; round: number }): Promise<object> {
  const count = Math.floor(rows * share);
  const first = (count * round) % rows;
  const start = performance.now();
  for (let at = first; at < first + count; at += perWrite) {
    const some = Math.min(perWrite, first + count - at);
    await gallery.delete(
      name,
      Array.from({ length: some }, (_, i) => fieldsOf(at + i, set).id),
    );
    await write(at, some);
  }
  await settle();
  return { seconds: (performance.now() - start) / 1000 };
}

/** The first answer, from when the folder began to be opened. */
async function firstAnswer(): Promise<object> {
  await gallery.search(name, queryOf(0), { k: 10 });
  return { seconds: (performance.now() - opening) / 1000 };
}

const tasks: Readonly<Record<string, (task: never) => Promise<object>>> = {
  build,
  search,
  batch,
  throughput,
  facets,
  load,
  replace,
  first: firstAnswer,
  memory: async () => ({ bytes: process.memoryUsage().rss }),
  close: async () => {
    await gallery.close();
    return {};
  },
};

const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
say({});
for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, ...task } = JSON.parse(line) as { readonly do: string };
  const work = tasks[what];
  if (work === undefined) throw new RangeError(`there is no task ${what}`);
  say(await work(task as never));
}
