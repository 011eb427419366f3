// Breaks saved graphs at random, with right checksums, and uses them. Run by graph-crash.test.ts; by hand, from the seed
// 1000 on, five hundred of them: node dist/test/gallery/ann/graph-fuzz-process.js usearch 1000 500

import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import type { IndexEngine } from '../../../src/gallery/ann/manifest.ts';
import { randomNumbers } from '../../../src/random.ts';
import type { Metric } from '../../../src/vectors/index.ts';
import { useSaved } from './graph-use.ts';
import { type GraphBytes, graphBytesOf, rewrite } from './saved-graph.ts';
import { withFolder } from './vectors.ts';

type Below = (limit: number) => number;
const dimension = 4;
const engine = process.argv[2] as IndexEngine;

function pick<T>(below: Below, values: readonly [T, ...T[]]): T {
  return values[below(values.length)] ?? values[0];
}

/** An index of up to 200 vectors, many or all of them deleted. */
function save(folder: string, below: Below, metric: Metric): void {
  const m = pick(below, [2, 3, 16]);
  const efConstruction = pick(below, [1, 10, 200]);
  const index = HnswIndex.create({ engine, metric, dimension, m, efConstruction });
  const count = below(200);
  const deleted = pick(below, [0, 10, 90, 100]);
  for (let sequence = 1; sequence <= count; sequence++)
    index.add(
      sequence,
      Float32Array.from({ length: dimension }, () => below(1000) - 500),
    );
  for (let sequence = 1; sequence <= count; sequence++) if (below(100) < deleted) index.delete(sequence);
  index.save(folder, { modelId: 'm', sequence: count });
}

/** Links that lead to nodes all the same, marks, vectors, the entry: what a check of each by itself lets pass. */
function breakPlausibly(graph: GraphBytes, below: Below, isEmpty: (node: number) => boolean): void {
  const percent = (): number => pick(below, [0, 5, 50, 100]);
  const shares = {
    base: percent(),
    upper: percent(),
    marks: percent(),
    vectors: percent(),
    others: percent(),
  };
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, 1e38, 0, -1e-44] as const;
  for (const [node, highest] of graph.levels.entries()) {
    for (let level = 0; level <= highest; level++) {
      if (below(100) >= (level === 0 ? shares.base : shares.upper)) continue;
      const there = graph.levels.flatMap((one, i) => (one >= level ? [i] : []));
      const length = below((level === 0 ? 2 * graph.m : graph.m) + 1);
      graph.setLinks(
        node,
        level,
        Array.from({ length }, () => there[below(there.length)] ?? 0),
      );
    }
    if (below(100) < shares.marks && (isEmpty(node) || below(500) === 0)) graph.mark?.(node);
    if (below(100) < shares.vectors) graph.setVector(node, () => pick(below, [1, ...odd]));
  }
  const top = graph.levels.flatMap((level, i) => (level === graph.levels[graph.entry] ? [i] : []));
  if (below(100) < shares.others && top.length > 0) graph.entry = top[below(top.length)] ?? 0;
}

/** A few bytes of anything, most of them where the numbers are. */
function breakWildly(view: DataView, below: Below): void {
  for (let left = 1 + below(3); left > 0; left--)
    view.setUint8(below(pick(below, [Math.min(96, view.byteLength), view.byteLength])), below(256));
}

function fuzz(seed: number, folder: string): string | undefined {
  const random = randomNumbers(seed);
  const below: Below = (limit) => Math.floor(random() * limit);
  const metric = pick<Metric>(below, ['l2', 'cosine']);
  save(folder, below, metric);
  const kept = new Set<number>();
  rewrite(folder, 'labels', (view) => {
    for (let at = 8; at < view.byteLength; at += 24) kept.add(view.getFloat64(at + 8, true));
    if (below(10) === 0) breakWildly(view, below);
  });
  rewrite(folder, 'vectors', (view) => {
    breakPlausibly(graphBytesOf(engine, view), below, (node) => !kept.has(node));
    if (below(5) === 0) breakWildly(view, below);
  });
  return useSaved(folder, { metric, dimension }, 400);
}

const [first = 0, count = 0] = process.argv.slice(3).map(Number);
let used = 0;
for (let seed = first; seed < first + count; seed++) {
  writeSync(1, `seed ${seed}\n`); // The last one that is printed is the one that ended the process.
  if (withFolder((folder) => fuzz(seed, folder)) === undefined) used += 1;
  await setImmediate(); // Native memory is given back between turns only.
}
writeSync(1, `used ${used}\n`);
