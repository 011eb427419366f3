import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { randomNumbers } from '../../src/random.ts';
import { NpyFile } from '../../src/tensor/index.ts';

/** Vectors to search in, and queries that are not among them. */
export interface VectorSet {
  /** A file of `float32[rows + queries, dimension]`, unit vectors; the queries come last. */
  readonly path: string;
  readonly rows: number;
  readonly queries: number;
  readonly dimension: number;
  /** Centres about which they lie: `clusterOf` tells a row's. */
  readonly clusters: number;
}

/** Noise beside a centre of the same scale: two of a cluster have a cosine of about 1 / (1 + 0.6²). */
const spread = 0.6;
/** Noise beside a feature of a photograph, as a share of its length: another photograph of the same thing. */
const perturbation = 0.35;

/** Nearly normal numbers of variance 1. */
function normalNumbers(seed: number): () => number {
  const uniform = randomNumbers(seed);
  return () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
}

/** Writes clustered unit vectors, the same every time. */
export function writeClustered(set: VectorSet): Promise<void> {
  return write(set, (row, vector) => {
    const centre = normalNumbers(1 + clusterOf(row, set));
    const noise = normalNumbers(1_000_003 + row);
    for (let i = 0; i < vector.length; i += 1) vector[i] = centre() + spread * noise();
  });
}

/** Returns the size of a `.npy` file. @throws SnapshelfError `source-invalid`. */
export async function sizeOfFeatures(features: string): Promise<{ rows: number; columns: number }> {
  await using file = await NpyFile.open(features);
  return { rows: file.rows, columns: file.columns };
}

/** The centre that a row lies about. */
export const clusterOf = (row: number, { clusters }: Pick<VectorSet, 'clusters'>): number =>
  (row * 7919) % clusters;

/** Writes unit vectors around the features of photographs, a `.npy` file of `snapshelf embed`. */
export async function writeAround(set: VectorSet, features: string): Promise<void> {
  await using file = await NpyFile.open(features);
  const base = await file.read(0, file.rows);
  const { dimension } = set;
  await write(set, (row, vector) => {
    const start = clusterOf(row, set) * dimension;
    const noise = normalNumbers(1_000_003 + row);
    let squares = 0;
    for (let i = 0; i < dimension; i += 1) squares += (base[start + i] ?? 0) ** 2;
    const scale = perturbation * Math.sqrt(squares / dimension);
    for (let i = 0; i < dimension; i += 1) vector[i] = (base[start + i] ?? 0) + scale * noise();
  });
}

async function write(set: VectorSet, draw: (row: number, vector: Float32Array) => void): Promise<void> {
  const file = createWriteStream(set.path, { highWaterMark: 2 ** 22 });
  for (let row = 0; row < set.rows + set.queries; row += 1) {
    const vector = new Float32Array(set.dimension);
    draw(row, vector);
    let sum = 0;
    for (const value of vector) sum += value * value;
    const norm = Math.sqrt(sum);
    for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] ?? 0) / norm;
    if (!file.write(new Uint8Array(vector.buffer))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

/** Reads some rows. */
export async function readRows(
  { path, dimension }: Pick<VectorSet, 'path' | 'dimension'>,
  from: number,
  count: number,
): Promise<Float32Array[]> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(4 * dimension * count);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, 4 * dimension * from + done);
      if (bytesRead === 0) throw new Error(`${path} ends early`);
      done += bytesRead;
    }
    return Array.from(
      { length: count },
      (_, at) => new Float32Array(bytes.buffer, 4 * dimension * at, dimension),
    );
  } finally {
    await file.close();
  }
}
