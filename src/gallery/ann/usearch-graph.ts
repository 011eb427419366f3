import { createHash } from 'node:crypto';
import { float32ToFloat16 } from '../../tensor/index.ts';
import type { FoundNodes, Graph, GraphEngine, GraphShape } from './graph.ts';
import { checkUsearchFile, usearchNodeBytes } from './usearch-file.ts';
import { keysOf, slotsOf } from './usearch-keys.ts';
import type { UsearchIndex, UsearchModule } from './usearch-native.ts';

/**
 * One thread: nodes that are put at the same time do not link to one another, and of 110 some were not found any more in a third of all
 * graphs. Searches have as many, since usearch has room for as many threads as it was told of when it last grew, and a thread more
 * writes beyond its memory.
 */
const threads = 1;
/** Numbers per thread and call: an insertion of 1,280 takes 1 to 3 ms, and a call starts its threads anew. */
const numbersPerThread = 2048;

/**
 * A graph of usearch. Unit vectors and roots are kept as float16, which finds the same candidates; what L2
 * compares may be beyond the range of float16, and is kept as float32. Its own removal is not used: what is put in the place of a
 * removed node is reached by new links only, and 4 in 1,000 were not found any more after many changes.
 *
 * usearch can be asked neither for a point nor whether one is there, so equal points are known by 53 bits of SHA-256 of what
 * it keeps of them. Its own free slots are used within `put` only: it cannot load a file that has many of them.
 */
class UsearchGraph implements Graph {
  readonly engine = 'usearch';
  readonly batch: number;
  readonly threads: number = threads;
  readonly #index: UsearchIndex;
  readonly #dimension: number;
  readonly #halves: boolean;
  #nodes: number;

  constructor(index: UsearchIndex, { l2, dimension, nodes }: GraphShape) {
    this.#index = index;
    this.#dimension = dimension;
    this.batch = threads * Math.min(16, Math.ceil(numbersPerThread / dimension));
    this.#halves = !l2;
    this.#nodes = nodes;
  }

  put(slots: readonly number[], points: Float32Array): void {
    const [first = 0] = slots;
    // The first node is what all others start from, and nothing waits for it.
    if (this.#nodes === 0 && slots.length > 1) {
      this.put([first], points.subarray(0, this.#dimension));
      this.put(slots.slice(1), points.subarray(this.#dimension));
      return;
    }
    this.#index.add(keysOf(slots), points, threads);
    this.#nodes += slots.length;
  }

  nearest(queries: Float32Array, width: number): FoundNodes[] {
    const rows = queries.length / this.#dimension;
    // Before its first node the index has no room for a thread.
    if (this.#nodes === 0) return Array.from({ length: rows }, () => ({ slots: [], distances: [] }));
    const k = Math.min(width, this.#nodes);
    const { keys, distances, counts } = this.#index.search(queries, k, threads);
    return Array.from({ length: rows }, (_, row) => {
      const count = counts === undefined ? keys.length : Number(counts[row]);
      return {
        slots: slotsOf(keys.subarray(row * k, row * k + count)),
        distances: distances.subarray(row * k, row * k + count),
      };
    });
  }

  hash(point: Float32Array): number {
    const kept = this.#halves ? float32ToFloat16(point) : point;
    const bytes = new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength);
    const digest = createHash('sha256').update(bytes).digest();
    return (digest.readUInt32LE(0) >>> 11) * 2 ** 32 + digest.readUInt32LE(4);
  }

  holds(): boolean {
    return true;
  }

  write(path: string): void {
    this.#index.save(path);
  }
}

/** Makes the engine of a native module. */
export function usearchEngine(native: UsearchModule): GraphEngine {
  const newIndex = ({ l2, dimension, m, efConstruction }: Omit<GraphShape, 'nodes'>): UsearchIndex =>
    new native.Index({
      dimensions: dimension,
      metric: l2 ? 'l2sq' : 'ip',
      quantization: l2 ? 'f32' : 'f16',
      connectivity: m,
      // As hnswlib does: a shorter list than the links of a node would leave some out.
      expansion_add: Math.max(m, efConstruction),
      // The width of a search is the larger of this and the nodes that it is asked for.
      expansion_search: 1,
      multi: false,
    });
  return {
    create: (shape) => new UsearchGraph(newIndex(shape), { ...shape, nodes: 0 }),
    problemOf: checkUsearchFile,
    load(path, shape) {
      const problem = checkUsearchFile(path, shape);
      if (problem !== undefined) return { problem };
      const index = newIndex(shape);
      // usearch has no room for threads in an empty graph.
      if (shape.nodes > 0) index.load(path);
      return new UsearchGraph(index, shape);
    },
    nodeBytes: usearchNodeBytes,
  };
}
