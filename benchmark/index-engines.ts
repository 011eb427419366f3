// Which library should the search index be of? usearch and hnswlib in turns, thousand by thousand, on the same clustered unit
// vectors under cosine: building, queries, recall of the ten nearest, bytes, saving, loading, and five
// rounds in which a fifth is replaced. And how many candidates find the ten nearest where a graph of usearch has float16 or int8.
import { mkdir, readdir, stat } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { HnswIndex } from '../src/gallery/ann/hnsw-index.ts';
import type { Entry } from '../src/gallery/ann/hnsw-options.ts';
import { findIndexEngines } from '../src/gallery/ann/index-engines.ts';
import { loadIndex } from '../src/gallery/ann/load-index.ts';
import { isUsearch, loadUsearch, type UsearchOptions } from '../src/gallery/ann/usearch-native.ts';
import { randomNumbers } from '../src/random.ts';
import { median } from './support/measure.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

interface Scale {
  readonly rows: number;
  readonly dimension: number;
  readonly queries: number;
  readonly rounds: number;
}
const full: readonly Scale[] = [
  { rows: 10_000, dimension: 1280, queries: 100, rounds: 5 },
  { rows: 20_000, dimension: 512, queries: 100, rounds: 5 },
];
const quick: readonly Scale[] = [{ rows: 600, dimension: 64, queries: 10, rounds: 1 }];

const k = 10;
const perTurn = 500;
const overFetches = [1, 2, 5, 10, 20];
const state = { modelId: 'benchmark', sequence: 0 };

/** Unit vectors around centres, 100 to each, the same every time. */
function drawVectors(rows: number, { dimension, rows: all }: Scale, seed: number): Float32Array[] {
  const clusters = Math.ceil(all / 100);
  return Array.from({ length: rows }, (_, row) => {
    const centre = randomNumbers(1 + ((row * 7919) % clusters));
    const noise = randomNumbers(seed + row);
    const vector = Float32Array.from({ length: dimension }, () => near(centre) + 0.6 * near(noise));
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  });
}

/** Nearly normal numbers. */
const near = (random: () => number): number => random() + random() + random() + random() - 2;

function trueNearest(vectors: ReadonlyMap<number, Float32Array>, query: Float32Array): Set<number> {
  const scored = [...vectors].map(([sequence, vector]) => {
    let sum = 0;
    for (let i = 0; i < query.length; i += 1) sum += (query[i] ?? 0) * (vector[i] ?? 0);
    return { sequence, sum };
  });
  scored.sort((a, b) => b.sum - a.sum);
  return new Set(scored.slice(0, k).map(({ sequence }) => sequence));
}

/** Runs and returns the seconds of processor time that it took, of all threads: other work on the machine distorts any other. */
function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** An index and what was measured of it. */
class Contender {
  readonly index: HnswIndex;
  readonly name: string;
  readonly facts = new Map<string, string>();
  #buildRate = 0;

  constructor(index: HnswIndex) {
    this.index = index;
    this.name = index.engine;
  }

  /** Adds entries as a gallery does. Returns the seconds of processor time. */
  add(entries: readonly Entry[]): number {
    return cpuSeconds(() => this.index.addAll(entries));
  }

  built(rows: number, time: number): void {
    this.#buildRate = rows / time;
    this.facts.set('building, ms of processor time per vector', ((1000 * time) / rows).toFixed(2));
  }

  replaced(rows: number, time: number, recall: number): void {
    this.facts.set('replaced, of the build rate', `${(rows / time / this.#buildRate).toFixed(2)} x`);
    this.facts.set('recall after', recall.toFixed(4));
    this.facts.set('room of deleted vectors', `${(100 * this.index.deletedShare).toFixed(0)} %`);
  }
}

/** Shares of the true nearest that an index finds. */
function recallOf(
  index: HnswIndex,
  queries: readonly Float32Array[],
  truth: readonly ReadonlySet<number>[],
): number {
  let hits = 0;
  for (const [i, query] of queries.entries())
    hits += index.search(query, k).filter(({ sequence }) => truth[i]?.has(sequence)).length;
  return hits / (k * truth.length);
}

/** Adds entries to all in turns, so that a slow minute of the machine hits all alike. Returns each one's seconds. */
function inTurns(contenders: readonly Contender[], entries: readonly Entry[]): number[] {
  const times = contenders.map(() => 0);
  for (let start = 0; start < entries.length; start += perTurn)
    for (const [i, contender] of contenders.entries())
      times[i] = (times[i] ?? 0) + contender.add(entries.slice(start, start + perTurn));
  return times;
}

function timeQueries(
  contenders: readonly Contender[],
  queries: readonly Float32Array[],
  rounds: number,
): void {
  const costs = contenders.map(() => [] as number[]);
  for (let round = 0; round <= rounds; round += 1)
    for (const [i, { index }] of contenders.entries()) {
      const cost = cpuSeconds(() => {
        for (const query of queries) index.search(query, k);
      });
      costs[i]?.push((1000 * cost) / queries.length);
    }
  for (const [i, { facts }] of contenders.entries()) {
    facts.set('query, ms of processor time', median(costs[i] ?? []).toFixed(2));
  }
}

async function timeFiles({ index, facts }: Contender, folder: string, dimension: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  facts.set('save s', cpuSeconds(() => index.save(folder, state)).toFixed(2));
  const expected = { modelId: state.modelId, metric: 'cosine', dimension } as const;
  const time = cpuSeconds(() => {
    const loaded = loadIndex(folder, expected);
    if ('problem' in loaded) throw new Error(loaded.problem);
  });
  facts.set('load s', time.toFixed(2));
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  facts.set('bytes per vector', (bytes / index.size).toFixed(0));
}

async function compare(scale: Scale): Promise<void> {
  const { rows, dimension, queries: count, rounds } = scale;
  const here = findIndexEngines().filter(({ available }) => available);
  const contenders = here.map(
    ({ engine }) => new Contender(HnswIndex.create({ engine, metric: 'cosine', dimension, capacity: rows })),
  );
  const vectors = new Map(drawVectors(rows, scale, 1_000_000).entries());
  const queries = drawVectors(count, scale, 9_000_000);
  const truth = queries.map((query) => trueNearest(vectors, query));
  const times = inTurns(contenders, [...vectors]);
  for (const [i, contender] of contenders.entries()) {
    contender.built(rows, times[i] ?? 0);
    contender.facts.set('recall@10', recallOf(contender.index, queries, truth).toFixed(4));
  }
  timeQueries(contenders, queries, rounds);
  await inTemporaryFolder(async (folder) => {
    for (const one of contenders) await timeFiles(one, join(folder, one.name), dimension);
  });
  replace(contenders, scale, vectors, queries);
  print(scale, contenders);
  overFetch(scale, queries);
}

/** Replaces a fifth in every round, as new pictures of items do: sequence numbers are new ones. */
function replace(
  contenders: readonly Contender[],
  scale: Scale,
  vectors: Map<number, Float32Array>,
  queries: readonly Float32Array[],
): void {
  const { rows, rounds } = scale;
  const fifth = Math.floor(rows / 5);
  const times = contenders.map(() => 0);
  let sequence = rows;
  for (let round = 0; round < rounds; round += 1) {
    const gone = [...vectors.keys()].filter((_, i) => i % 5 === round % 5).slice(0, fifth);
    const entries = drawVectors(gone.length, scale, 2_000_000 + round * rows).map(
      (vector) => [sequence++, vector] as const,
    );
    for (const one of gone) vectors.delete(one);
    for (const [number, vector] of entries) vectors.set(number, vector);
    for (const [i, { index }] of contenders.entries())
      times[i] =
        (times[i] ?? 0) +
        cpuSeconds(() => {
          for (const one of gone) index.delete(one);
        });
    for (const [i, time] of inTurns(contenders, entries).entries()) times[i] = (times[i] ?? 0) + time;
  }
  const truth = queries.map((query) => trueNearest(vectors, query));
  for (const [i, contender] of contenders.entries())
    contender.replaced(rounds * fifth, times[i] ?? 0, recallOf(contender.index, queries, truth));
}

function print({ rows, dimension }: Scale, contenders: readonly Contender[]): void {
  console.log(`  ${rows} x ${dimension}, ${availableParallelism()} cores of ${cpus()[0]?.model}`);
  for (const { name, facts } of contenders)
    console.log(`  ${name}: ${[...facts].map(([what, value]) => `${what} ${value}`).join('; ')}`);
}

/** Shares of the true ten nearest among more candidates, by the numbers that usearch keeps. */
function overFetch(scale: Scale, queries: readonly Float32Array[]): void {
  const native = loadUsearch();
  if (!isUsearch(native)) throw new TypeError('usearch is not the expected version');
  const { dimension } = scale;
  const rows = Math.min(scale.rows, 5000);
  const vectors = drawVectors(rows, scale, 1_000_000);
  const truth = queries.map((query) => trueNearest(new Map(vectors.entries()), query));
  for (const quantization of ['f32', 'f16', 'i8'] satisfies UsearchOptions['quantization'][]) {
    const index = new native.Index({
      dimensions: dimension,
      metric: 'ip',
      quantization,
      connectivity: 16,
      expansion_add: 200,
      expansion_search: 96,
      multi: false,
    });
    for (const [i, vector] of vectors.entries()) index.add(BigUint64Array.of(BigInt(i)), vector, 1);
    const shares = overFetches.map((many) => {
      let hits = 0;
      for (const [i, query] of queries.entries())
        for (const key of index.search(query, many * k, 1).keys) if (truth[i]?.has(Number(key))) hits += 1;
      return (hits / (k * queries.length)).toFixed(4);
    });
    console.log(
      `  ${quantization}, ${rows} vectors: ${shares.join(' ')} of the ten nearest among ${overFetches.map((many) => many * k).join(', ')} candidates`,
    );
  }
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  for (const scale of options.quick ? quick : full) await compare(scale);
}
