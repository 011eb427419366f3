import { rm } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LineProcess, startLineProcess } from '../support/line-process.ts';
import { percentile } from '../support/open-loop.ts';
import { type Correlation, filterOf } from './metadata.ts';
import { type Peers, startPeers } from './peers.ts';
import type { EngineResult, SizeResult, Times } from './results.ts';
import type { VectorSet } from './vectors.ts';

const here = dirname(fileURLToPath(import.meta.url));
const extension = extname(import.meta.url);
const threads = availableParallelism();
const k = 10;
const widths = [16, 32, 64, 96, 128, 256, 512];
const shares = [0.002, 0.01, 0.05, 0.2, 0.5, 0.9];
const correlations: readonly Correlation[] = ['independent', 'correlated', 'anti-correlated'];
/** Searches a second while something else goes on. */
const rate = 100;

/** How long searches at once, and searches beside other work, are measured. */
export interface Durations {
  readonly throughputSeconds: number;
  readonly besideSeconds: number;
}

interface Searched {
  readonly ms: readonly number[];
  readonly found: readonly (readonly number[])[];
  readonly kinds?: Readonly<Record<string, number>>;
}

/** How searches went that came at a fixed rate. `p99`: null where there was an error. */
interface Load {
  readonly p50: number;
  readonly p99: number | null;
  readonly errors: number;
}

const recallOf = (found: Searched['found'], exact: Searched['found']): number => {
  const shares = exact.map((rows, i) => {
    const answered = new Set(found[i]);
    return rows.length === 0 ? 1 : rows.filter((row) => answered.has(row)).length / rows.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
};

const timesOf = (searched: Searched | undefined, exact?: Searched): Times => ({
  p50: percentile(searched?.ms ?? [], 0.5),
  p99: percentile(searched?.ms ?? [], 0.99),
  recall: exact === undefined || searched === undefined ? null : recallOf(searched.found, exact.found),
});

/** This project's collection, in a process of its own. */
class Collection {
  readonly #process: LineProcess;

  private constructor(process: LineProcess) {
    this.#process = process;
  }

  static async open(folder: string, { path, rows, queries, dimension }: VectorSet): Promise<Collection> {
    const script = join(here, `collection-process${extension}`);
    const args = [script, folder, path, rows, queries, dimension].map(String);
    return new Collection(await startLineProcess(process.execPath, args));
  }

  async ask<T>(what: string, fields: object = {}): Promise<T> {
    return JSON.parse(await this.#process.ask(JSON.stringify({ do: what, ...fields }))) as T;
  }

  /** Searches for all queries; an answer a page. */
  async search(options: object): Promise<Searched[]> {
    return this.ask('search', { k, ...options });
  }

  async close(): Promise<void> {
    await this.ask('close');
    this.#process.end();
  }
}

/** Measures everything of one set of vectors: this project's collection, and the peers that are installed. */
export async function measure(
  name: string,
  set: VectorSet,
  folder: string,
  { throughputSeconds, besideSeconds }: Durations,
  say: (line: string) => void,
): Promise<SizeResult> {
  const data = join(folder, 'data');
  await rm(data, { recursive: true, force: true });
  say('building the collection');
  let collection = await Collection.open(data, set);
  const built = await collection.ask<{
    writeSeconds: number;
    seconds: number;
    p50: number;
    p99: number;
    errors: number;
  }>('build', { rate, seconds: besideSeconds });
  await collection.close();
  collection = await Collection.open(data, set);
  const { seconds: startSeconds } = await collection.ask<{ seconds: number }>('first');
  // The first searches of a process are slow, whichever they are.
  await collection.search({ ef: 64 });
  const { exact, ours } = await measureOwn(collection, say);
  const peers = await startPeers(set);
  const engines = [{ ...ours, buildSeconds: built.seconds }, ...(await measurePeers(peers, exact, say))];
  say('paging, filters, and several at once');
  const result: SizeResult = {
    ...describe(name, set, peers),
    engines,
    writeSeconds: built.writeSeconds,
    startSeconds,
    memory: (await collection.ask<{ bytes: number }>('memory')).bytes,
    ...(await pages(collection)),
    filters: await filters(collection, set),
    throughput: await throughputs(collection, throughputSeconds),
    beside: [
      {
        what: 'nothing else',
        rate,
        ...(await collection.ask<Load>('load', { rate, seconds: besideSeconds })),
      },
      { what: 'the index is built', rate, p50: built.p50, p99: built.p99, errors: built.errors },
    ],
  };
  peers?.process.end();
  say('replacing a fifth of the items, five times');
  const own = result.engines[0];
  if (own !== undefined) await replaceOwn(collection, own, exact);
  await collection.close();
  return result;
}

function describe(name: string, { rows, dimension }: VectorSet, peers: Peers | undefined) {
  return {
    vectors: name,
    rows,
    dimension,
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: threads,
    node: process.version,
    versions: peers?.versions ?? {},
  };
}

async function measureOwn(collection: Collection, say: (line: string) => void) {
  say('exact search of the collection');
  const [exact] = await collection.search({ exact: true });
  if (exact === undefined) throw new Error('the collection has not answered');
  say('the index of the collection');
  const curve: EngineResult['curve'] = [];
  for (const ef of widths) {
    const [found] = await collection.search({ ef });
    if (found?.kinds?.['hnsw'] !== undefined) curve.push(pointOf(ef, found, exact));
  }
  const memory = await collection.ask<{ bytes: number }>('memory');
  const ours: EngineResult = {
    ...noEngine('snapshelf'),
    threads,
    bytes: memory.bytes,
    exact: timesOf(exact),
    curve,
  };
  return { exact, ours };
}

const noEngine = (name: string): EngineResult => ({
  name,
  buildSeconds: null,
  threads: 1,
  bytes: null,
  exact: null,
  batchPerSecond: null,
  curve: [],
  replaceSeconds: [],
  recallAfter: null,
});

function pointOf(ef: number, found: Searched, exact: Searched): EngineResult['curve'][number] {
  const { p50, p99, recall } = timesOf(found, exact);
  const seconds = found.ms.reduce((sum, ms) => sum + ms, 0) / 1000;
  return { ef, recall: recall ?? 0, perSecond: found.ms.length / seconds, p50, p99 };
}

async function measurePeers(
  peers: Peers | undefined,
  exact: Searched,
  say: (line: string) => void,
): Promise<EngineResult[]> {
  if (peers === undefined) return [];
  const results: EngineResult[] = [];
  for (const engine of peers.engines) {
    say(`building ${engine}`);
    results.push(await measurePeer(peers, engine, exact));
  }
  return results;
}

async function measurePeer(peers: Peers, engine: string, exact: Searched): Promise<EngineResult> {
  const isExact = engine === 'faiss';
  const { seconds, bytes } = await peers.ask<{ seconds: number; bytes: number }>('build', {
    engine,
    threads,
  });
  const search = (ef: number) => peers.ask<Searched>('search', { engine, k, ef, threads: 1 });
  const batch = await peers.ask<{ seconds: number; found: number[][] }>('batch', {
    engine,
    k,
    ef: 96,
    threads: 1,
  });
  const result: EngineResult = {
    ...noEngine(engine),
    buildSeconds: isExact ? null : seconds,
    threads,
    bytes,
    batchPerSecond: batch.found.length / batch.seconds,
  };
  if (isExact) return { ...result, exact: timesOf(await search(0), exact) };
  for (const ef of widths) result.curve.push(pointOf(ef, await search(ef), exact));
  for (let round = 0; round < 5; round += 1) {
    const { seconds } = await peers.ask<{ seconds: number }>('replace', {
      engine,
      share: 0.2,
      round,
      threads,
    });
    result.replaceSeconds.push(seconds);
  }
  return { ...result, recallAfter: pointOf(96, await search(96), exact).recall };
}

async function pages(collection: Collection) {
  const found = await collection.search({ pages: 10 });
  const [grouped] = await collection.search({ group: 'product' });
  return {
    firstPage: timesOf(found[0]),
    secondPage: timesOf(found[1]),
    tenthPage: timesOf(found[9]),
    grouped: timesOf(grouped),
    facets: timesOf({ ...(await collection.ask<{ ms: number[] }>('facets')), found: [] }),
  };
}

async function filters(collection: Collection, set: VectorSet): Promise<SizeResult['filters']> {
  const results: SizeResult['filters'] = [];
  for (const correlation of correlations)
    for (const share of shares) {
      const of = Array.from({ length: set.queries }, (_, i) => filterOf(share, correlation, i, set.rows));
      const [exact] = await collection.search({ filters: of, exact: true });
      const [found] = await collection.search({ filters: of });
      const { p50, p99, recall } = timesOf(found, exact);
      const exactShare = (found?.kinds?.['exact'] ?? 0) / set.queries;
      results.push({ share, correlation, p50, p99, recall: recall ?? 0, exactShare });
    }
  return results;
}

async function throughputs(collection: Collection, seconds: number): Promise<SizeResult['throughput']> {
  const results: SizeResult['throughput'] = [];
  for (const [kind, exact] of [
    ['index', false],
    ['exact', true],
  ] as const)
    for (const atOnce of [1, 2, 4]) {
      const options = { k, exact, atOnce, seconds };
      const { perSecond } = await collection.ask<{ perSecond: number }>('throughput', options);
      results.push({ kind, atOnce, perSecond });
    }
  return results;
}

async function replaceOwn(collection: Collection, own: EngineResult, exact: Searched): Promise<void> {
  for (let round = 0; round < 5; round += 1)
    own.replaceSeconds.push(
      (await collection.ask<{ seconds: number }>('replace', { share: 0.2, round })).seconds,
    );
  const [found] = await collection.search({ ef: 96 });
  own.recallAfter = timesOf(found, exact).recall;
}
