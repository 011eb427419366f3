import { checkWhole } from '../../arguments.ts';
import { checkFiniteVector, type Metric, type Neighbour, squaredNorm, TopK } from '../../vectors/index.ts';
import type { FoundNodes, Graph } from './graph.ts';
import { isSquared, readGraph, shapeOf, writeGraph } from './graph-files.ts';
import { checkHnswOptions, type Entry, type HnswOptions, hnswDefaults } from './hnsw-options.ts';
import { requireEngine } from './index-engines.ts';
import { type IndexFiles, saveIndexFiles, writeNumbers } from './index-file.ts';
import type { HnswParameters, IndexDescription, IndexEngine } from './manifest.ts';
import { type ShardState, SlotTable } from './slot-table.ts';
import { toPoint } from './to-point.ts';

/** Nodes asked for at most when so many are dropped that a search has to be widened. */
const maximumFetch = 2048;

interface HnswParts {
  readonly metric: Metric;
  readonly dimension: number;
  readonly parameters: HnswParameters;
  readonly graph: Graph;
  readonly table: SlotTable;
}

/**
 * Approximate search in a graph (Malkov and Yashunin 2016, https://arxiv.org/abs/1603.09320) by usearch or hnswlib. Cosine is
 * the inner product of normalised vectors; the zero vector stays zero, so that its distance is 1. A deleted vector's
 * node stays as a way point, and searches are as much wider; usearch gives it to the next vector that is added.
 *
 * Under a metric of probabilities the graph is of their roots under L2, and its distances are those: it only finds
 * candidates, for others to compare. So it does with usearch, whose distances are of float16 but under `l2`.
 *
 * Sequence numbers are safe integers from 0, vectors raw `float32[D]`. Every call is synchronous.
 */
export class HnswIndex {
  /** The settings of the graph. */
  readonly parameters: HnswParameters;
  readonly #metric: Metric;
  readonly #dimension: number;
  readonly #graph: Graph;
  readonly #table: SlotTable;

  private constructor(parts: HnswParts) {
    this.#metric = parts.metric;
    this.#dimension = parts.dimension;
    this.parameters = parts.parameters;
    this.#graph = parts.graph;
    this.#table = parts.table;
  }

  /**
   * Makes an empty index.
   * @throws SnapshelfError `index-unavailable` if the engine does not load; RangeError or TypeError for an option that is not accepted.
   */
  static create(options: HnswOptions): HnswIndex {
    checkHnswOptions(options);
    const { graphs } = requireEngine(options.engine);
    const {
      m = hnswDefaults.m,
      efConstruction = hnswDefaults.efConstruction,
      ef = hnswDefaults.ef,
    } = options;
    const parameters = { m, efConstruction, ef };
    const { metric, dimension, capacity = hnswDefaults.capacity } = options;
    const graph = graphs.create(shapeOf(metric, dimension, parameters), capacity);
    return new HnswIndex({ metric, dimension, parameters, graph, table: new SlotTable() });
  }

  get engine(): IndexEngine {
    return this.#graph.engine;
  }

  /** Vectors that `addAll` should be given at a time, so that a call stays short. */
  get batch(): number {
    return this.#graph.batch;
  }

  /** Number of vectors that can be found: deleted ones do not count. */
  get size(): number {
    return this.#table.size;
  }

  /** Share of deleted vectors among all that take space, 0 to 1. */
  get deletedShare(): number {
    const { slots, live } = this.#table;
    return slots === 0 ? 0 : (slots - live) / slots;
  }

  /** The number of vectors, of nodes, and of nodes that have a vector. */
  get state(): ShardState {
    const { size, slots, live } = this.#table;
    const shape = shapeOf(this.#metric, this.#dimension, this.parameters);
    return { size, slots, live, bytes: slots * requireEngine(this.engine).graphs.nodeBytes(shape) };
  }

  /**
   * Adds a vector, or replaces the one of that sequence number.
   * @throws RangeError for a sequence number or a vector that is not accepted.
   */
  add(sequence: number, vector: Float32Array): void {
    this.addAll([[sequence, vector]]);
  }

  /**
   * Adds or replaces vectors, in few calls of the engine.
   * @throws RangeError for a sequence number or a vector that is not accepted: none is added then.
   */
  addAll(entries: readonly Entry[]): void {
    for (const [sequence, vector] of entries) {
      checkWhole('sequence', sequence, { from: 0 });
      checkFiniteVector(vector, this.#dimension);
    }
    for (let start = 0; start < entries.length; start += this.#graph.batch)
      this.#addBatch(entries.slice(start, start + this.#graph.batch));
  }

  #addBatch(entries: readonly Entry[]): void {
    const points = new Float32Array(entries.length * this.#dimension);
    const slots: number[] = [];
    for (const [sequence, vector] of entries) {
      const point = this.#row(points, slots.length);
      toPoint(this.#metric, vector, point);
      const slot = this.#putIntoTable(sequence, point);
      const before = slot === undefined ? -1 : slots.indexOf(slot);
      // Of a slot that is given away twice, the last point counts.
      if (before !== -1) this.#row(points, before).set(point);
      else if (slot !== undefined) slots.push(slot);
    }
    if (slots.length > 0) this.#graph.put(slots, points.subarray(0, slots.length * this.#dimension));
  }

  /** Gives a sequence number its slot. Returns it if the point is to be put there, too. */
  #putIntoTable(sequence: number, point: Float32Array): number | undefined {
    this.delete(sequence);
    const hash = this.#graph.hash(point);
    const twin = this.#table.candidate(hash);
    if (twin !== undefined && this.#graph.holds(twin, point)) {
      this.#table.put(sequence, hash, twin);
      return undefined;
    }
    return this.#table.put(sequence, hash);
  }

  #row(points: Float32Array, row: number): Float32Array {
    return points.subarray(row * this.#dimension, (row + 1) * this.#dimension);
  }

  /** Deletes a vector. Does nothing if there is none of that sequence number. */
  delete(sequence: number): void {
    this.#table.remove(sequence);
  }

  has(sequence: number): boolean {
    return this.#table.has(sequence);
  }

  sequences(): Iterable<number> {
    return this.#table.sequences();
  }

  /**
   * Finds at most `k` neighbours, by rising distance, equal distances by rising sequence number.
   * @param options `ef`: width of the search, raised to `k` where smaller; default is the index's own
   * @throws RangeError for a query, `k` or `ef` that is not accepted.
   */
  search(query: Float32Array, k: number, options: { readonly ef?: number | undefined } = {}): Neighbour[] {
    checkFiniteVector(query, this.#dimension);
    const { ef = this.parameters.ef } = options;
    checkWhole('k', k, { from: 1 });
    checkWhole('ef', ef, { from: 1 });
    if (this.size === 0) return [];
    if (this.#metric === 'cosine' && squaredNorm(query) === 0) return this.#anyNeighbours(k);
    const point = new Float32Array(this.#dimension);
    toPoint(this.#metric, query, point);
    const { slots, live } = this.#table;
    const wanted = Math.min(k, this.size);
    const least = Math.min(slots, Math.ceil((Math.max(k, ef) * slots) / live));
    const limit = Math.min(slots, Math.max(least, maximumFetch));
    // Deleted nodes are made up for by a wider search; hnswlib would call a filter of ours from native code.
    for (let width = least; ; width = Math.min(limit, 4 * width)) {
      const found = this.#best(this.#graph.nearest(point, width), k);
      if (found.length >= wanted || width === limit) return found;
    }
  }

  /** The `k` best of some nodes. */
  #best({ slots, distances }: FoundNodes, k: number): Neighbour[] {
    const best = new TopK(k);
    const isL2 = isSquared(this.#metric);
    for (let i = 0; i < slots.length; i++) {
      const native = distances[i] ?? Number.NaN;
      const distance = isL2 ? Math.sqrt(native) : Math.max(0, native);
      this.#table.forEachOf(slots[i] ?? 0, (sequence) => best.offer(sequence, distance));
    }
    return best.sorted();
  }

  /** Answers a zero query, which is as far from everything: a graph has no way to go, and the sequence numbers decide. */
  #anyNeighbours(k: number): Neighbour[] {
    const best = new TopK(k);
    for (const sequence of this.sequences()) best.offer(sequence, 1);
    return best.sorted();
  }

  /**
   * Saves the index into a directory of its own. A crash leaves the previous index or this one.
   * @param state the model of the vectors, and the last change of the collection that the index holds
   * @throws SnapshelfError `disk-full`, `not-writable`.
   */
  save(directory: string, state: Pick<IndexDescription, 'modelId' | 'sequence'>): void {
    const { slots, live } = this.#table;
    const shape = { ...shapeOf(this.#metric, this.#dimension, this.parameters), nodes: slots };
    const description: IndexDescription = {
      kind: 'hnsw',
      engine: this.engine,
      metric: this.#metric,
      dimension: this.#dimension,
      count: this.size,
      deleted: slots - live,
      parameters: this.parameters,
      ...state,
    };
    saveIndexFiles(directory, description, {
      vectors: (path) => writeGraph(this.#graph, path, shape),
      labels: (path) => writeNumbers(path, this.#table.toNumbers()),
    });
  }

  /** Loads an index from files whose checksums were verified. Returns it, or what is wrong with them all the same. */
  static load(files: IndexFiles): HnswIndex | { problem: string } {
    const read = readGraph(files);
    return 'problem' in read ? read : new HnswIndex({ ...files.manifest, ...read });
  }
}
