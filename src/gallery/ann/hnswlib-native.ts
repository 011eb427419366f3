import { createRequire } from 'node:module';

/** The part of hnswlib-node that is used. Its own types may be absent: it is an optional dependency. */
export interface HnswlibIndex {
  initIndex(capacity: number, m: number, efConstruction: number, seed: number): void;
  resizeIndex(capacity: number): void;
  addPoint(point: number[], label: number): void;
  /** Takes the mark of deletion away. @throws Error if there is none. */
  unmarkDelete(label: number): void;
  /** Finds nodes, nearest first. @throws Error if `count` is above the capacity. */
  searchKnn(query: number[], count: number): { distances: number[]; neighbors: number[] };
  getPoint(label: number): number[];
  getMaxElements(): number;
  getCurrentCount(): number;
  setEf(ef: number): void;
  readIndexSync(path: string): void;
  writeIndexSync(path: string): void;
}

/** The native module. */
export interface HnswlibModule {
  readonly HierarchicalNSW: new (space: 'l2' | 'ip', dimension: number) => HnswlibIndex;
}

/** Loads hnswlib-node. @throws Error if it does not load. */
export function loadHnswlib(): unknown {
  return createRequire(import.meta.url)('hnswlib-node');
}

/** True for the module. */
export const isHnswlib = (module: unknown): module is HnswlibModule =>
  typeof module === 'object' && module !== null && 'HierarchicalNSW' in module;
