// Exact search as a process of its own: node exact-search-process.js VECTORS ROWS QUERIES DIMENSION K THREADS.
// The first QUERIES rows of the file of float32 rows are searched among all. Says {} as a line of JSON when it is ready;
// for a line `search` it searches and says {seconds, cpu, peakMiB, first}, for `peak` {seconds} of one large product.
import { closeSync, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { knn } from '../../src/knn/index.ts';
import { RequiredNeighbours } from '../../src/metrics/index.ts';
import { encodeModel, makeGraph, makeModel, makeNode, makeValueInfo } from '../../src/onnx/index.ts';
import { Session } from '../../src/runtime/index.ts';

const [path = '', ...numbers] = process.argv.slice(2);
const [rows = 0, queries = 0, dimension = 0, k = 0, threads = 1] = numbers.map(Number);
/** A square product of this size is as fast as the machine gets: large, and rows no power of two apart. */
const side = Math.min(3088, rows);
/** Items of one label: as many as Stanford Online Products has. */
const perLabel = 5;

function readVectors(): Float32Array {
  const vectors = new Float32Array(rows * dimension);
  const file = openSync(path, 'r');
  for (let done = 0; done < vectors.byteLength; )
    done += readSync(
      file,
      new Uint8Array(vectors.buffer, done, Math.min(2 ** 26, vectors.byteLength - done)),
    );
  closeSync(file);
  return vectors;
}

function setOf(vectors: Float32Array, count: number) {
  const ids = Array.from({ length: count }, (_, row) => String(row).padStart(8, '0'));
  const labels = ids.map((_, row) => String(Math.floor(row / perLabel)));
  return { vectors: vectors.subarray(0, count * dimension), dimension, ids, labels };
}

const productModel = (): Uint8Array => {
  const square = (name: string) => makeValueInfo(name, 'float32', [side, side]);
  const nodes = [makeNode({ opType: 'MatMul', inputs: ['a', 'b'], outputs: ['c'] })];
  const [inputs, outputs] = [[square('a'), square('b')], [square('c')]];
  return encodeModel(
    makeModel(makeGraph({ name: 'product', nodes, inputs, outputs, initializers: [] }), { '': 17 }, 8),
  );
};

const vectors = readVectors();
const [query, gallery] = [setOf(vectors, queries), setOf(vectors, rows)];
const before = process.memoryUsage().rss;

async function search(): Promise<object> {
  const [start, used] = [performance.now(), process.cpuUsage()];
  let first: number[] = [];
  for await (const { query: row, neighbours } of knn(query, gallery, {
    k,
    distance: 'cosine',
    required: new RequiredNeighbours(query, gallery),
    provider: 'cpu',
    threads,
  }))
    if (row === 0) first = Array.from(neighbours);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  const peak = process.resourceUsage().maxRSS * 1024 - before;
  return { seconds, cpu: (user + system) / 1e6, peakMiB: peak / 2 ** 20, first };
}

/** The best of four products: the machine's own peak. */
async function peak(): Promise<object> {
  await using session = await Session.open(productModel(), { provider: 'cpu', threads });
  const factor = (shift: number) => ({
    type: 'float32' as const,
    dims: [side, side],
    data: Float32Array.from({ length: side * side }, (_, i) => vectors[(shift + i) % vectors.length] ?? 0),
  });
  const [a, b] = [factor(0), factor(7)];
  let seconds = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 4; round += 1) {
    const start = performance.now();
    await session.run({ a, b });
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return { seconds, flops: 2 * side ** 3 };
}

const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
say({});
for await (const line of createInterface({ input: process.stdin }))
  say(line === 'search' ? await search() : await peak());
