// How many candidates must an index find under the metrics of softmax vectors, whose order a graph of Euclidean distances
// does not have? Share of the true ten nearest among n times ten candidates, for graphs of the vectors p and of their
// roots (Hellinger distance), at the width of a collection. Drawn softmax vectors of 41 and of 1,000 classes, flat and
// peaked; other pictures: the index recall of `snapshelf evaluate --index` with a model of one's own.

import { cpus } from 'node:os';
import type { LabelledVectors } from '../src/eval/types.ts';
import { exactSearchOf, HnswIndex } from '../src/gallery/index.ts';
import { randomNumbers } from '../src/random.ts';
import { type Metric, rowOf } from '../src/vectors/index.ts';

interface Scale {
  readonly rows: number;
  readonly queries: number;
  readonly classes: readonly number[];
}
const full: Scale = { rows: 10_000, queries: 200, classes: [41, 1000] };
const quick: Scale = { rows: 300, queries: 5, classes: [41] };

const k = 10;
const overFetches = [1, 2, 4, 8, 16];
/** Vectors whose logits lie around the same ones. */
const perCluster = 30;

/** The softmax of logits around centres, as a classifier gives for pictures of a few hundred subjects. */
function drawSoftmax(count: number, dimension: number, spread: number): LabelledVectors {
  const vectors = new Float32Array(count * dimension);
  const normal = (random: () => number): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  for (let row = 0; row < count; row += 1) {
    const centre = randomNumbers(row % Math.ceil(count / perCluster));
    const noise = randomNumbers(1000 + row);
    const own = vectors.subarray(row * dimension, (row + 1) * dimension);
    let sum = 0;
    for (let i = 0; i < dimension; i += 1) {
      own[i] = Math.exp(spread * (normal(centre) + 0.5 * normal(noise)));
      sum += own[i] ?? 0;
    }
    for (let i = 0; i < dimension; i += 1) own[i] = (own[i] ?? 0) / sum;
  }
  const ids = Array.from({ length: count }, (_, row) => String(row));
  return { vectors, dimension, ids, labels: ids };
}

/** Shares of the true neighbours among the candidates of a graph, by over-fetch. */
function sharesOf(
  set: LabelledVectors,
  rows: number,
  truth: readonly ReadonlySet<number>[],
  points: (vector: Float32Array) => Float32Array,
): number[] {
  const index = HnswIndex.create({ metric: 'l2', dimension: set.dimension, capacity: rows });
  for (let row = 0; row < rows; row += 1) index.add(row, points(rowOf(set, row)));
  return overFetches.map((overFetch) => {
    let hits = 0;
    for (const [at, nearest] of truth.entries())
      for (const { sequence } of index.search(points(rowOf(set, rows + at)), overFetch * k))
        if (nearest.has(sequence)) hits += 1;
    return hits / (k * truth.length);
  });
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  const { rows, queries, classes } = options.quick ? quick : full;
  console.log(
    `  ${cpus()[0]?.model}; share of the ten nearest of ${rows} among 10, 20, 40, 80 and 160 candidates, %`,
  );
  for (const dimension of classes)
    for (const spread of [1, 3]) {
      const set = drawSoftmax(rows + queries, dimension, spread);
      const items = {
        ...set,
        vectors: set.vectors.subarray(0, rows * dimension),
        ids: set.ids.slice(0, rows),
      };
      for (const metric of ['weak', 'weak-metric'] satisfies Metric[]) {
        const scan = exactSearchOf(items, { metric });
        const truth = Array.from(
          { length: queries },
          (_, at) => new Set(scan(rowOf(set, rows + at), k).map(({ sequence }) => sequence)),
        );
        const p = sharesOf(set, rows, truth, (vector) => vector);
        const root = sharesOf(set, rows, truth, (vector) => vector.map(Math.sqrt));
        const shown = (shares: readonly number[]): string =>
          shares.map((share) => (100 * share).toFixed(1).padStart(5)).join(' ');
        console.log(
          `  ${dimension} classes, spread ${spread}, ${metric.padEnd(11)}: p ${shown(p)}, root of p ${shown(root)}`,
        );
      }
    }
}
