import { type Matrix, type MetricChoice, type Neighbour, rowOf } from '../../vectors/index.ts';
import type { StoredVector } from '../storage/vector-table.ts';
import { exactScan } from './exact-scan.ts';
import { ItemRows } from './item-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';
import { VectorMemory } from './vector-memory.ts';

/** A matrix in the place of a database: the sequence number of a row is the next row. */
class MatrixRows implements StoredVectors {
  readonly damaged: Set<number> = new Set();
  readonly #matrix: Matrix;

  constructor(matrix: Matrix) {
    this.#matrix = matrix;
  }

  get count(): number {
    return this.#matrix.vectors.length / this.#matrix.dimension;
  }

  intactAfter(sequence: number, limit: number): ReturnType<StoredVectors['intactAfter']> {
    const rows = Math.max(0, Math.min(limit, this.count - sequence));
    const vectors = Array.from(
      { length: rows },
      (_, i): StoredVector => ({
        sequence: sequence + i + 1,
        checksum: 0,
        vector: rowOf(this.#matrix, sequence + i),
      }),
    );
    return { last: rows === 0 ? undefined : sequence + rows, vectors };
  }

  checksums(): ReadonlyMap<number, number> {
    return new Map();
  }

  get(sequences: readonly number[]): ReadonlyMap<number, Float32Array> {
    return new Map(sequences.map((sequence) => [sequence, rowOf(this.#matrix, sequence - 1)]));
  }
}

/**
 * Makes the exact search of a collection over the rows of a matrix, on the calling thread. The sequence numbers that it finds are rows. It takes
 * 1 byte per number beside the matrix, which must stay as it is; under metrics of probabilities 4.
 * @throws SnapshelfError `gallery-damaged` for a vector that holds no finite numbers.
 */
export function exactSearchOf(
  matrix: Matrix,
  choice: MetricChoice,
): (query: Float32Array, k: number) => Neighbour[] {
  const stored = new MatrixRows(matrix);
  const rows = new ItemRows();
  rows.follow(
    Array.from({ length: stored.count }, (_, row) => row + 1),
    [],
  );
  const { metric } = choice;
  const space = { modelId: '', modelName: '', dimension: matrix.dimension, metric, generation: 1 };
  const memory = new VectorMemory(rows, stored, space, { storedPrecision: 'int8' });
  while (memory.isBehind) memory.fillSlice();
  return (vector, n) => {
    for (const scan = exactScan(memory, { vector, choice, n }); ; ) {
      const { done, value } = scan.next();
      if (done === true) return value.map((found) => ({ ...found, sequence: found.sequence - 1 }));
    }
  };
}
