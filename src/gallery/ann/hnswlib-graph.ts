import type { FoundNodes, Graph, GraphEngine, GraphShape } from './graph.ts';
import { checkHnswlibFile, hnswlibNodeBytes } from './hnswlib-file.ts';
import type { HnswlibIndex, HnswlibModule } from './hnswlib-native.ts';

/** A fixed seed: the same vectors in the same order give the same graph. */
const seed = 100;

/**
 * A graph of hnswlib, on one thread, in float32. hnswlib's own marks of deletion are not used: an insertion that meets marked
 * nodes only makes it read beyond its memory.
 */
class HnswlibGraph implements Graph {
  readonly engine = 'hnswlib';
  readonly batch = 1;
  readonly #index: HnswlibIndex;
  readonly #dimension: number;
  /** hnswlib-node takes plain arrays only: a new one of 2,048 numbers per call would keep the collector busy. */
  readonly #point: number[];

  constructor(index: HnswlibIndex, dimension: number) {
    this.#index = index;
    this.#dimension = dimension;
    this.#point = new Array<number>(dimension).fill(0);
  }

  put(slots: readonly number[], points: Float32Array): void {
    for (const [row, slot] of slots.entries()) {
      const capacity = this.#index.getMaxElements();
      // Room that is not used yet takes address space only, so a fifth more is no waste of memory.
      if (slot >= capacity) this.#index.resizeIndex(slot + Math.max(1024, Math.ceil(slot / 5)));
      this.#index.addPoint(this.#take(points, row), slot);
    }
  }

  nearest(point: Float32Array, width: number): FoundNodes {
    const count = Math.min(width, this.#index.getCurrentCount());
    this.#index.setEf(count);
    const { neighbors, distances } = this.#index.searchKnn(this.#take(point, 0), count);
    return { slots: neighbors, distances };
  }

  /** 32 bits. */
  hash(point: Float32Array): number {
    let hash = 0;
    for (const bits of new Uint32Array(point.buffer, point.byteOffset, point.length)) {
      hash = Math.imul(hash ^ bits, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  holds(slot: number, point: Float32Array): boolean {
    return this.#index.getPoint(slot).every((value, i) => value === point[i]);
  }

  write(path: string): void {
    this.#index.writeIndexSync(path);
  }

  #take(points: Float32Array, row: number): number[] {
    for (let i = 0, j = row * this.#dimension; i < this.#dimension; i++, j++)
      this.#point[i] = points[j] as number;
    return this.#point;
  }
}

/** Makes the engine of a native module. */
export function hnswlibEngine(native: HnswlibModule): GraphEngine {
  const newIndex = ({ l2, dimension }: Omit<GraphShape, 'nodes'>): HnswlibIndex =>
    new native.HierarchicalNSW(l2 ? 'l2' : 'ip', dimension);
  return {
    create(shape, capacity) {
      const index = newIndex(shape);
      index.initIndex(capacity, shape.m, shape.efConstruction, seed);
      return new HnswlibGraph(index, shape.dimension);
    },
    problemOf(path, shape) {
      const checked = checkHnswlibFile(path, shape);
      return 'problem' in checked ? checked.problem : undefined;
    },
    load(path, shape, isEmpty) {
      const checked = checkHnswlibFile(path, shape);
      if ('problem' in checked) return checked;
      // Earlier releases marked the nodes of empty slots.
      if (!checked.marked.every(isEmpty))
        return { problem: 'the graph marks a node as deleted whose sequence is there' };
      const index = newIndex(shape);
      index.readIndexSync(path);
      for (const slot of checked.marked) index.unmarkDelete(slot);
      return new HnswlibGraph(index, shape.dimension);
    },
    nodeBytes: hnswlibNodeBytes,
  };
}
