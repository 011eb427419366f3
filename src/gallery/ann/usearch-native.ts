import { createRequire } from 'node:module';

/** The keys and distances of the nodes that were found for one query. */
export interface UsearchMatches {
  readonly keys: BigUint64Array;
  readonly distances: Float32Array;
}

/** The part of usearch's index that is used. Its own types may be absent: it is an optional dependency. */
export interface UsearchIndex {
  /** @throws Error for a key that is there. */
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(query: Float32Array, k: number, threads: number): UsearchMatches;
  save(path: string): void;
  load(path: string): void;
}

/** The options of usearch's index. */
export interface UsearchOptions {
  readonly dimensions: number;
  readonly metric: 'ip' | 'l2sq';
  readonly quantization: 'f16' | 'f32' | 'i8';
  readonly connectivity: number;
  readonly expansion_add: number;
  readonly expansion_search: number;
  readonly multi: false;
}

/** The native module. */
export interface UsearchModule {
  readonly Index: new (options: UsearchOptions) => UsearchIndex;
}

/** Loads usearch. @throws Error if it does not load. */
export function loadUsearch(): unknown {
  return createRequire(import.meta.url)('usearch');
}

/** True for the module. */
export const isUsearch = (module: unknown): module is UsearchModule =>
  typeof module === 'object' && module !== null && 'Index' in module;
