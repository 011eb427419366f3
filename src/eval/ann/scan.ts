import { exactSearch, type VectorSource } from '../../gallery/index.ts';
import type { LabelledVectors, Metric } from '../types.ts';
import type { Search } from './time-queries.ts';

/** Rows per block: as many as a collection reads at a time. */
const rowsPerBlock = 256;

/** Vectors in memory as the source of a collection's scan; the sequence number of a vector is its row. */
function sourceOf({ vectors, dimension, ids }: LabelledVectors): VectorSource {
  const vectorOf = (row: number): Float32Array => vectors.subarray(row * dimension, (row + 1) * dimension);
  return {
    dimension,
    count: () => ids.length,
    *blocks() {
      for (let start = 0; start < ids.length; start += rowsPerBlock) {
        const end = Math.min(start + rowsPerBlock, ids.length);
        const sequences = Array.from({ length: end - start }, (_, at) => start + at);
        yield { sequences, vectors: vectors.subarray(start * dimension, end * dimension) };
      }
    },
    get: (rows) => new Map(rows.map((row) => [row, vectorOf(row)])),
  };
}

/** Makes the exact search of a collection over vectors in memory, where a collection reads them from SQLite. */
export function scanOf(items: LabelledVectors, metric: Metric): Search {
  const source = sourceOf(items);
  return (vector, k) => {
    const scan = exactSearch(source, vector, k, metric);
    for (;;) {
      const step = scan.next();
      if (step.done) return step.value;
    }
  };
}
