import { createRequire } from 'node:module';
import { endianness } from 'node:os';

/** The part of hnswlib-node that is used. Its own types may be absent: it is an optional dependency. */
export interface NativeGraph {
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
export interface NativeModule {
  readonly HierarchicalNSW: new (space: 'l2' | 'ip', dimension: number) => NativeGraph;
}

const remedy =
  'Exact search serves instead. To get HNSW, install a C++ compiler, make, python3 and the headers of Node.js ' +
  '(node-gyp fetches these, or set `nodedir`), then run `npm rebuild hnswlib-node`; ' +
  'npm 12 and later need `npm install-scripts approve hnswlib-node` before.';

let loaded: NativeModule | { readonly problem: string } | undefined;

/** Returns the native module, or why it does not load. It is looked for once per thread. */
export function loadNative(): NativeModule | { readonly problem: string } {
  loaded ??= probe(() => createRequire(import.meta.url)('hnswlib-node'));
  return loaded;
}

/** Tells whether the native HNSW module loads; `detail` says what is missing and how to get it. */
export function hnswAvailable(): { available: boolean; detail: string } {
  const native = loadNative();
  return 'problem' in native
    ? { available: false, detail: native.problem }
    : { available: true, detail: 'hnswlib-node is installed' };
}

/** Returns the native module that `load` loads, or why it cannot be used. */
export function probe(load: () => unknown): NativeModule | { readonly problem: string } {
  // Its files are checked against the layout of a 64-bit little-endian machine.
  if (endianness() !== 'LE' || ['arm', 'ia32'].includes(process.arch))
    return { problem: 'HNSW needs a 64-bit little-endian Node.js. Exact search serves instead.' };
  try {
    const module = load();
    if (isNativeModule(module)) return module;
    return { problem: `The module hnswlib-node is not the expected version. ${remedy}` };
  } catch (error) {
    return { problem: `The module hnswlib-node does not load: ${firstLine(error)}. ${remedy}` };
  }
}

const isNativeModule = (module: unknown): module is NativeModule =>
  typeof module === 'object' && module !== null && 'HierarchicalNSW' in module;

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
