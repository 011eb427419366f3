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
/** Numbers per call: an insertion of 1,280 takes 1 to 3 ms. */
const numbersPerCall = 2048;

/**
 * A graph of usearch. Unit vectors and roots are kept as float16, which finds the same candidates; what L2
 * compares may be beyond the range of float16, and is kept as float32. Its own removal is not used: what is put in the place of a
 * removed node is reached by new links only, and 4 in 1,000 were not found any more after many changes.
 *
 * usearch can be asked neither for a point nor whether one is there, so equal points are known by 53 bits of SHA-256 of what
 * it keeps of them.
 */
class UsearchGraph implements Graph {
  readonly engine = 'usearch';
  readonly batch: number;
  readonly #index: UsearchIndex;
  readonly #halves: boolean;
  #nodes: number;

  constructor(index: UsearchIndex, { l2, dimension, nodes }: GraphShape) {
    this.#index = index;
    this.batch = Math.min(16, Math.ceil(numbersPerCall / dimension));
    this.#halves = !l2;
    this.#nodes = nodes;
  }

  put(slots: readonly number[], points: Float32Array): void {
    this.#index.add(keysOf(slots), points, threads);
    this.#nodes += slots.length;
  }

  nearest(point: Float32Array, width: number): FoundNodes {
    // Before its first node the index has no room for a thread.
    if (this.#nodes === 0) return { slots: [], distances: [] };
    const { keys, distances } = this.#index.search(point, Math.min(width, this.#nodes), threads);
    return { slots: slotsOf(keys), distances };
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
