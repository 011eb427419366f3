import { exactSearch, type VectorSource } from '../../gallery/index.ts';
import type { Neighbour } from '../../vectors/index.ts';
import type { LabelledVectors, MetricChoice } from '../types.ts';
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
export function scanOf(items: LabelledVectors, choice: MetricChoice): Search {
  const source = sourceOf(items);
  return (vector, k) => finish(exactSearch(source, vector, k, choice));
}

/** Makes a search that compares `overFetch` times as many candidates of another search by their true distances, as a collection does. */
export function rescored(
  items: LabelledVectors,
  choice: MetricChoice,
  candidates: Search,
  overFetch: number,
): Search {
  const source = sourceOf(items);
  return (vector, k) => {
    const allow = new Set(candidates(vector, overFetch * k).map(({ sequence }) => sequence));
    return finish(exactSearch(source, vector, k, choice, { allow }));
  };
}

function finish(scan: Generator<void, Neighbour[]>): Neighbour[] {
  for (;;) {
    const step = scan.next();
    if (step.done) return step.value;
  }
}
