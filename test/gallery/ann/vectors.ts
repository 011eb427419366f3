import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metric, Neighbour } from '../../../src/vectors/index.ts';

/** Numbers of a normal distribution that are the same on every run. */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** `count` vectors around `centres` points, as embeddings of product photos are: cos within a clump about 0.67. */
export function clustered(count: number, dimension: number, centres: number, seed = 1): Float32Array[] {
  const next = normals(seed);
  const middles = Array.from({ length: centres }, () => Array.from({ length: dimension }, next));
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from(middles[(i * 7919) % centres] ?? [], (value) => value + 0.7 * next()),
  );
}

/** The true distance, in float64, straight from the definition. */
export function trueDistance(a: Float32Array, b: Float32Array, metric: Metric): number {
  const sum = (term: (i: number) => number): number => a.reduce((total, _, i) => total + term(i), 0);
  const [x, y] = [(i: number) => a[i] ?? 0, (i: number) => b[i] ?? 0];
  if (metric === 'l2') return Math.sqrt(sum((i) => (x(i) - y(i)) ** 2));
  const norms = Math.sqrt(sum((i) => x(i) ** 2)) * Math.sqrt(sum((i) => y(i) ** 2));
  return norms === 0 ? 1 : 1 - sum((i) => x(i) * y(i)) / norms;
}

/** All neighbours by (distance, sequence). */
export function bruteForce(
  vectors: ReadonlyMap<number, Float32Array>,
  query: Float32Array,
  metric: Metric,
): Neighbour[] {
  return [...vectors]
    .map(([sequence, vector]) => ({ sequence, distance: trueDistance(query, vector, metric) }))
    .sort((a, b) => a.distance - b.distance || a.sequence - b.sequence);
}

/** Runs `use` with a new folder, which is removed afterwards. */
export function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-index-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As `withFolder`, for what takes time. */
export async function withFolderAsync(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-index-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
