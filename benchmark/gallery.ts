// How large, how fast to start, how exact and how quick a gallery of many vectors is. Every stage is a process of its
// own, so that what building needs does not count as what serving needs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Hit } from '../src/engine/index.ts';
import { Gallery } from '../src/gallery/index.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

/** One measured number and what it is meant to be. */
interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: string | undefined;
}

interface Size {
  readonly vectors: number;
  readonly dimension: number;
  readonly queries: number;
  /** Queries that are also answered exactly. */
  readonly compared: number;
}

const sizes: Readonly<Record<'quick' | 'full', Size>> = {
  quick: { vectors: 16_000, dimension: 256, queries: 100, compared: 20 },
  full: { vectors: 100_000, dimension: 2048, queries: 300, compared: 50 },
};
const perCluster = 100;
const modelId = '0'.repeat(64);

/** Builds a gallery in a temporary folder, then serves it, and prints the figures of both. */
export async function run(options: { readonly quick: boolean }): Promise<void> {
  const size = options.quick ? 'quick' : 'full';
  const { vectors, dimension } = sizes[size];
  console.log(`${vectors} vectors of ${dimension} numbers in clusters of ${perCluster}, cosine`);
  await inTemporaryFolder(async (directory) => {
    for (const name of ['build', 'serve'])
      for (const figure of await stage(name, size, directory)) print(figure);
  });
}

function print({ what, value, unit, goal }: Figure): void {
  console.log(`${what}: ${value.toFixed(3)} ${unit}${goal === undefined ? '' : `  (goal ${goal})`}`);
}

async function stage(name: string, size: string, directory: string): Promise<Figure[]> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), name, size, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the stage ${name} ended with code ${code}`);
  return JSON.parse(output) as Figure[];
}

/** Points around cluster centres: `float32[D]` number i, the same every time. Queries are numbers past the end. */
function vectorOf(i: number, { vectors, dimension }: Size): Float32Array {
  const cluster = (i * 7919) % Math.ceil(vectors / perCluster);
  const centre = normalNumbers(cluster + 1);
  const noise = normalNumbers(i + 1_000_003);
  return Float32Array.from({ length: dimension }, () => centre() + 0.6 * noise());
}

/** Nearly normal numbers: the sum of four uniform ones from a xorshift generator. */
function normalNumbers(seed: number): () => number {
  let state = (seed * 2654435761) | 1;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
  for (let i = 0; i < 8; i++) uniform();
  return () => (uniform() + uniform() + uniform() + uniform()) * 0.866;
}

async function build(size: Size, directory: string): Promise<Figure[]> {
  const gallery = await Gallery.open(directory);
  const { dimension, vectors } = size;
  await gallery.create({ name: 'b', modelId, modelName: 'benchmark', dimension, metric: 'cosine' });
  const start = performance.now();
  for (let i = 0; i < vectors; i += 100) {
    const batch = Array.from({ length: Math.min(100, vectors - i) }, (_, j) => i + j);
    const items = batch.map((n) => ({ id: `item-${n}`, vector: vectorOf(n, size), imageHash: '' }));
    await gallery.upsert('b', modelId, items);
  }
  const written = performance.now();
  while ((await gallery.info('b')).index.state !== 'ready')
    await new Promise((done) => setTimeout(done, 200));
  const indexed = performance.now();
  await gallery.close();
  return [
    { what: 'vectors made and written', value: seconds(written - start), unit: 's' },
    { what: 'index caught up after', value: seconds(indexed - start), unit: 's' },
    { what: 'closing, index saved', value: seconds(performance.now() - indexed), unit: 's' },
  ];
}

async function serve(size: Size, directory: string): Promise<Figure[]> {
  const start = performance.now();
  const gallery = await Gallery.open(directory);
  // Its index is loaded in other threads.
  const loaded = async (): Promise<boolean> => {
    const { index } = await gallery.info('b');
    return index.state === 'ready' && index.indexed === size.vectors;
  };
  while (!(await loaded())) await new Promise((done) => setTimeout(done, 5));
  const opened = performance.now() - start;
  const { index } = await gallery.info('b');
  const queries = Array.from({ length: size.queries }, (_, i) => vectorOf(size.vectors + i, size));
  const { times, answers } = await ask(gallery, queries, false);
  const memory = residentShare(size);
  const exact = await ask(gallery, queries.slice(0, size.compared), true);
  const recalls = exact.answers.map((hits, i) => recall(answers[i] ?? [], hits));
  const memoryAfterScans = residentShare(size);
  await gallery.close();
  const { ef, m, efConstruction } = index;
  return [
    { what: 'start-up from a clean stop', value: seconds(opened), unit: 's', goal: '<= 10' },
    { what: 'resident memory / vectors, after queries', value: memory, unit: '', goal: '<= 1.25' },
    { what: 'query, median', value: percentile(times, 0.5), unit: 'ms', goal: '<= 5' },
    { what: 'query, p99', value: percentile(times, 0.99), unit: 'ms' },
    {
      what: `recall@10 at ef ${ef} (M ${m}, efConstruction ${efConstruction})`,
      value: recalls.reduce((sum, one) => sum + one, 0) / recalls.length,
      unit: '',
      goal: '>= 0.98',
    },
    { what: 'exact query, median', value: percentile(exact.times, 0.5), unit: 'ms' },
    {
      what: 'resident memory / vectors, after exact queries',
      value: memoryAfterScans,
      unit: '',
    },
  ];
}

async function ask(gallery: Gallery, queries: readonly Float32Array[], exact: boolean) {
  const times: number[] = [];
  const answers: Hit[][] = [];
  for (const query of queries) {
    const start = performance.now();
    answers.push((await gallery.search('b', query, { group: 'item', exact })).hits);
    times.push(performance.now() - start);
  }
  return { times, answers };
}

/** Resident memory of this process, per byte of vectors. */
const residentShare = ({ vectors, dimension }: Size): number =>
  process.memoryUsage().rss / (4 * vectors * dimension);

function recall(found: readonly Hit[], wanted: readonly Hit[]): number {
  const ids = new Set(found.map((hit) => hit.item.id));
  return wanted.filter((hit) => ids.has(hit.item.id)).length / wanted.length;
}

const seconds = (milliseconds: number): number => milliseconds / 1000;
const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(share * values.length)] ?? Number.NaN;

const [, script, name, size, directory] = process.argv;
if (script === fileURLToPath(import.meta.url) && directory !== undefined) {
  const work = name === 'build' ? build : serve;
  process.stdout.write(JSON.stringify(await work(sizes[size === 'full' ? 'full' : 'quick'], directory)));
}
