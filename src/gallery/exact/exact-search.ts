import { SnapshelfError } from '../../errors.ts';
import {
  checkDimension,
  type DistanceTo,
  distanceFrom,
  type MetricChoice,
  type Neighbour,
  TopK,
} from '../../vectors/index.ts';

/** The raw vectors of a collection, which live in SQLite: read in blocks, so that a scan needs a few megabytes only. */
export interface VectorSource {
  readonly dimension: number;
  count(): number;
  /** Yields all vectors, each once: `vectors` is `float32[n,D]`, row i belongs to `sequences[i]`. */
  blocks(): Iterable<{ readonly sequences: readonly number[]; readonly vectors: Float32Array }>;
  /** Returns the vectors of those of the sequence numbers that exist, `float32[D]` each. */
  get(sequences: readonly number[]): Map<number, Float32Array>;
}

/** Cost of reading a row by itself, in rows that are read in blocks. */
const costOfOneRow = 4;
const rowsPerRead = 256;

/**
 * Finds the `k` nearest vectors of a source by a full scan, in the memory of one block. Yields between blocks, so that
 * other work may go in between. With a small `allow` only its rows are read.
 * @throws RangeError if the length of `query` is not the source's dimension; SnapshelfError `gallery-damaged` for a
 * vector that holds something other than finite numbers.
 */
export function* exactSearch(
  source: VectorSource,
  query: Float32Array,
  k: number,
  choice: MetricChoice,
  options: { readonly allow?: ReadonlySet<number> | undefined } = {},
): Generator<void, Neighbour[]> {
  checkDimension(query, source.dimension);
  const { allow } = options;
  const distance = distanceFrom(query, choice);
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
  for (const { sequences, vectors } of source.blocks()) {
    sequences.forEach((sequence, row) => {
      if (allow?.has(sequence) ?? true) offer(best, sequence, distance(vectors, row * source.dimension));
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
  const sequences = [...allow];
  for (let start = 0; start < sequences.length; start += rowsPerRead) {
    for (const [sequence, vector] of source.get(sequences.slice(start, start + rowsPerRead)))
      offer(best, sequence, distance(vector, 0));
    yield;
  }
}

/** Only a vector that is no list of finite numbers has no distance: it would come anywhere in the order. */
function offer(best: TopK, sequence: number, distance: number): void {
  if (!Number.isFinite(distance))
    throw new SnapshelfError('gallery-damaged', `The vector of change ${sequence} holds no finite numbers.`);
  best.offer(sequence, distance);
}
