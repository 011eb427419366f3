import { checkWhole } from '../../arguments.ts';
import { SnapshelfError } from '../../errors.ts';
import {
  checkFiniteVector,
  type Metric,
  metricOf,
  type Neighbour,
  squaredNorm,
  TopK,
} from '../../vectors/index.ts';
import { checkGraphFile, graphNodeBytes } from './graph-file.ts';
import { loadNative, type NativeGraph, type NativeModule } from './hnsw-native.ts';
import { checkHnswOptions, type HnswOptions, hnswDefaults } from './hnsw-options.ts';
import { type IndexFiles, readNumbers, saveIndexFiles, writeNumbers } from './index-file.ts';
import type { HnswParameters, IndexDescription } from './manifest.ts';
import { NativePoint } from './native-point.ts';
import { SlotTable } from './slot-table.ts';

/** A fixed seed: the same vectors in the same order give the same graph. */
const seed = 100;
/** Nodes asked for at most when so many are dropped that a search has to be widened. */
const maximumFetch = 2048;

interface HnswParts {
  readonly metric: Metric;
  readonly dimension: number;
  readonly parameters: HnswParameters;
  readonly graph: NativeGraph;
  readonly table: SlotTable;
}

/**
 * Approximate search in a graph (Malkov and Yashunin 2016, https://arxiv.org/abs/1603.09320) by hnswlib. Cosine is
 * the inner product of normalised vectors; the zero vector stays zero, so that its distance is 1. A deleted vector's
 * node stays as a way point, and searches are as much wider; hnswlib's own marks of deletion are not used: an insertion
 * that meets marked nodes only makes it read beyond its memory.
 *
 * Under a metric of probabilities the graph is of their roots under L2, and its distances are those: it only finds
 * candidates, for others to compare.
 *
 * Sequence numbers are safe integers from 0, vectors raw `float32[D]`. Every call is synchronous.
 */
export class HnswIndex {
  /** The settings of the graph. */
  readonly parameters: HnswParameters;
  readonly #metric: Metric;
  /** True if the graph's distance is squared L2, else it is 1 - inner product. */
  readonly #l2: boolean;
  readonly #dimension: number;
  readonly #graph: NativeGraph;
  readonly #table: SlotTable;
  readonly #point: NativePoint;

  private constructor(parts: HnswParts) {
    this.#metric = parts.metric;
    this.#l2 = metricOf(parts.metric).index.space === 'l2';
    this.#dimension = parts.dimension;
    this.parameters = parts.parameters;
    this.#graph = parts.graph;
    this.#table = parts.table;
    this.#point = new NativePoint(parts.metric, parts.dimension);
  }

  /**
   * Makes an empty index.
   * @throws SnapshelfError `index-unavailable` if the native module is not installed; RangeError for an option out of range.
   */
  static create(options: HnswOptions): HnswIndex {
    checkHnswOptions(options);
    const native = loadNative();
    if ('problem' in native) throw new SnapshelfError('index-unavailable', native.problem);
    const {
      m = hnswDefaults.m,
      efConstruction = hnswDefaults.efConstruction,
      ef = hnswDefaults.ef,
    } = options;
    const graph = newGraph(native, options.metric, options.dimension);
    graph.initIndex(options.capacity ?? hnswDefaults.capacity, m, efConstruction, seed);
    return new HnswIndex({
      ...options,
      parameters: { m, efConstruction, ef },
      graph,
      table: new SlotTable(),
    });
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

  /**
   * Adds a vector, or replaces the one of that sequence number.
   * @throws RangeError for a sequence number or a vector that is not accepted.
   */
  add(sequence: number, vector: Float32Array): void {
    checkWhole('sequence', sequence, { from: 0 });
    checkFiniteVector(vector, this.#dimension);
    this.delete(sequence);
    this.#point.set(vector);
    const hash = this.#point.hash();
    const twin = this.#table.candidate(hash);
    if (twin !== undefined && this.#point.equals(this.#graph.getPoint(twin))) {
      this.#table.put(sequence, hash, twin);
      return;
    }
    this.#makeRoom();
    this.#graph.addPoint(this.#point.array, this.#table.slots);
    this.#table.put(sequence, hash);
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
    this.#point.set(query);
    const { slots, live } = this.#table;
    const wanted = Math.min(k, this.size);
    const least = Math.min(slots, Math.ceil((Math.max(k, ef) * slots) / live));
    const limit = Math.min(slots, Math.max(least, maximumFetch));
    // Deleted nodes are made up for by a wider search; hnswlib would call a filter of ours from native code.
    for (let width = least; ; width = Math.min(limit, 4 * width)) {
      const found = this.#nearest(width, k);
      if (found.length >= wanted || width === limit) return found;
    }
  }

  /** Finds the `k` best of the `width` nodes nearest to the current point. */
  #nearest(width: number, k: number): Neighbour[] {
    const best = new TopK(k);
    this.#graph.setEf(width);
    const { neighbors, distances } = this.#graph.searchKnn(this.#point.array, width);
    for (const [i, slot] of neighbors.entries()) {
      const distance = this.#trueDistance(distances[i] ?? Number.NaN);
      for (const sequence of this.#table.sequencesOf(slot)) best.offer(sequence, distance);
    }
    return best.sorted();
  }

  /** Answers a zero query, which is as far from everything: a graph has no way to go, and the sequence numbers decide. */
  #anyNeighbours(k: number): Neighbour[] {
    const best = new TopK(k);
    for (const sequence of this.sequences()) best.offer(sequence, 1);
    return best.sorted();
  }

  #trueDistance(native: number): number {
    return this.#l2 ? Math.sqrt(native) : Math.max(0, native);
  }

  /** Room that is not used yet takes address space only, so a fifth more is no waste of memory. */
  #makeRoom(): void {
    const { slots } = this.#table;
    if (slots === this.#graph.getMaxElements())
      this.#graph.resizeIndex(slots + Math.max(1024, Math.ceil(slots / 5)));
  }

  /**
   * Saves the index into a directory of its own. A crash leaves the previous index or this one.
   * @param state the model of the vectors, and the last change of the collection that the index holds
   * @throws SnapshelfError `disk-full`, `not-writable`.
   */
  save(directory: string, state: Pick<IndexDescription, 'modelId' | 'sequence'>): void {
    const { slots, live } = this.#table;
    const description: IndexDescription = {
      kind: 'hnsw',
      metric: this.#metric,
      dimension: this.#dimension,
      count: this.size,
      deleted: slots - live,
      parameters: this.parameters,
      ...state,
    };
    saveIndexFiles(directory, description, {
      vectors: (path) => this.#writeGraph(path),
      labels: (path) => writeNumbers(path, this.#table.toNumbers()),
    });
  }

  #writeGraph(path: string): void {
    this.#graph.writeIndexSync(path);
    const checked = checkGraphFile(path, {
      nodes: this.#table.slots,
      dimension: this.#dimension,
      m: this.parameters.m,
      efConstruction: this.parameters.efConstruction,
    });
    if ('problem' in checked)
      throw new SnapshelfError(
        'disk-full',
        `The index was not written whole to ${path} (${checked.problem}). Free some space and try again.`,
      );
  }

  /** Loads an index from files whose checksums were verified. Returns it, or what is wrong with them all the same. */
  static load({ manifest, paths }: IndexFiles): HnswIndex | { problem: string } {
    const native = loadNative();
    if ('problem' in native) return native;
    const { metric, dimension, parameters } = manifest;
    const numbers = readNumbers(paths.labels);
    // The table makes a list for each slot that it is told of: no more than the graph's file has room for.
    if (!((numbers[0] ?? 0) * graphNodeBytes({ dimension, m: parameters.m }) <= manifest.files.vectors.bytes))
      return { problem: 'its sequences do not fit its graph' };
    const table = SlotTable.fromNumbers(numbers);
    if (table?.size !== manifest.count) return { problem: 'its sequences do not fit index.json' };
    const shape = { nodes: table.slots, dimension, ...parameters };
    const checked = checkGraphFile(paths.vectors, shape);
    if ('problem' in checked) return checked;
    // Earlier releases marked the nodes of empty slots.
    if (checked.marked.some((slot) => table.sequencesOf(slot).length > 0))
      return { problem: 'the graph marks a node as deleted whose sequence is there' };
    const graph = newGraph(native, metric, dimension);
    graph.readIndexSync(paths.vectors);
    for (const slot of checked.marked) graph.unmarkDelete(slot);
    return new HnswIndex({ metric, dimension, parameters, graph, table });
  }
}

const newGraph = (native: NativeModule, metric: Metric, dimension: number): NativeGraph =>
  new native.HierarchicalNSW(metricOf(metric).index.space, dimension);
