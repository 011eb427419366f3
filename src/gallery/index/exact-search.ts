import { SnapshelfError } from '../../errors.ts';
import { type DistanceTo, distanceFrom, type Metric } from '../metric.ts';
import { checkDimension } from './checks.ts';
import { TopK } from './top-k.ts';
import type { Neighbour, VectorSource } from './vector-index.ts';

/** Reading single rows costs about this many times a row of a block. */
const costOfOneRow = 4;
const rowsPerRead = 256;

/**
 * The k nearest of the source by a full scan, in the memory of one block. Yields between blocks, so that other work
 * may go in between. With a small `allow` only its rows are read. Throws a RangeError when the query's length is
 * not the source's dimension.
 */
export function* exactSearch(
  source: VectorSource,
  query: Float32Array,
  k: number,
  metric: Metric,
  options: { readonly allow?: ReadonlySet<number> | undefined } = {},
): Generator<void, Neighbour[]> {
  checkDimension(query, source.dimension);
  const { allow } = options;
  const distance = distanceFrom(query, metric);
  const best = new TopK(k);
  if (allow !== undefined && allow.size * costOfOneRow < source.count())
    yield* scanRows(source, allow, distance, best);
  else yield* scanBlocks(source, allow, distance, best);
  return best.sorted();
}

function* scanBlocks(
  source: VectorSource,
  allow: ReadonlySet<number> | undefined,
  distance: DistanceTo,
  best: TopK,
): Generator<void> {
  for (const { labels, vectors } of source.blocks()) {
    labels.forEach((label, row) => {
      if (allow?.has(label) ?? true) offer(best, label, distance(vectors, row * source.dimension));
    });
    yield;
  }
}

function* scanRows(
  source: VectorSource,
  allow: ReadonlySet<number>,
  distance: DistanceTo,
  best: TopK,
): Generator<void> {
  const labels = [...allow];
  for (let start = 0; start < labels.length; start += rowsPerRead) {
    for (const [label, vector] of source.get(labels.slice(start, start + rowsPerRead)))
      offer(best, label, distance(vector, 0));
    yield;
  }
}

/** Only a vector that is no list of finite numbers has no distance: it would come anywhere in the order. */
function offer(best: TopK, label: number, distance: number): void {
  if (!Number.isFinite(distance))
    throw new SnapshelfError('gallery-damaged', `The vector of change ${label} holds no finite numbers.`);
  best.offer(label, distance);
}
