import type { IndexEngine } from './manifest.ts';

/** Nodes that were found for one query, nearest first; of equal length. */
export interface FoundNodes {
  readonly slots: ArrayLike<number>;
  /** The numbers that the graph computes: squared L2, or 1 - inner product. */
  readonly distances: ArrayLike<number>;
}

/**
 * A graph of an engine: points `float32[D]` in slots, which are 0, 1, 2, … Points are finite numbers, and what they mean is
 * not its affair. Every call is synchronous. After an error the graph is not to be used any more.
 */
export interface Graph {
  readonly engine: IndexEngine;
  /** The most points that `put` should be given at a time, so that a call stays short. */
  readonly batch: number;
  /** Puts points `float32[n,D]` into n new slots, the next in order. */
  put(slots: readonly number[], points: Float32Array): void;
  /** Finds the `width` nodes nearest to a point `float32[D]`; fewer only where a graph has fewer. */
  nearest(point: Float32Array, width: number): FoundNodes;
  /** Returns a number that is equal for points that are equal in this graph; of others it differs, nearly always. */
  hash(point: Float32Array): number;
  /** True if the point in a slot is this one, given that both have the same hash. */
  holds(slot: number, point: Float32Array): boolean;
  /** Writes the graph to a file. @throws Error where the engine notices that it cannot. */
  write(path: string): void;
}

/** The sizes that the file of a graph must state. */
export interface GraphShape {
  /** Nodes, those of deleted vectors too. */
  readonly nodes: number;
  readonly dimension: number;
  readonly m: number;
  readonly efConstruction: number;
  /** True if the graph's distance is squared L2, else it is 1 - inner product. */
  readonly l2: boolean;
}

/** An engine: makes graphs, and loads those that it wrote once their files are checked. */
export interface GraphEngine {
  /** @param capacity nodes to make room for; a graph grows beyond it */
  create(shape: Omit<GraphShape, 'nodes'>, capacity: number): Graph;
  /** Returns what is wrong with a file that claims to be a graph of that shape; undefined if it is safe to load. */
  problemOf(path: string, shape: GraphShape): string | undefined;
  /** Loads a checked file. `isEmpty` tells the slots that hold no vector any more. */
  load(
    path: string,
    shape: GraphShape,
    isEmpty: (slot: number) => boolean,
  ): Graph | { readonly problem: string };
  /** The least bytes that a node takes in a file. */
  nodeBytes(shape: Omit<GraphShape, 'nodes'>): number;
}
