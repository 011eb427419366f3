import { endianness } from 'node:os';
import { SnapshelfError } from '../../errors.ts';
import type { GraphEngine } from './graph.ts';
import { hnswlibEngine } from './hnswlib-graph.ts';
import { isHnswlib, loadHnswlib } from './hnswlib-native.ts';
import { type IndexEngine, indexEngines } from './manifest.ts';
import { usearchEngine } from './usearch-graph.ts';
import { isUsearch, loadUsearch } from './usearch-native.ts';

/** An engine, or why it cannot be used. */
export type Probed = GraphEngine | { readonly problem: string };

/** The state of an engine on this machine; `detail` says what is missing and how to get it. */
export interface IndexEngineFinding {
  readonly engine: IndexEngine;
  /** The package that has it. */
  readonly name: string;
  readonly available: boolean;
  readonly detail: string;
}

interface Definition {
  readonly name: string;
  readonly load: () => unknown;
  /** Returns the engine of the module, or undefined where the module is another. */
  readonly of: (module: unknown) => GraphEngine | undefined;
  readonly remedy: string;
}

const definitions: Readonly<Record<IndexEngine, Definition>> = {
  usearch: {
    name: 'usearch',
    load: loadUsearch,
    of: (module) => (isUsearch(module) ? usearchEngine(module) : undefined),
    remedy:
      'It has binaries for Linux with glibc 2.34 or later and for macOS, and needs no compiler there: install it by ' +
      '`npm install usearch@~2.21.4`.',
  },
  hnswlib: {
    name: 'hnswlib-node',
    load: loadHnswlib,
    of: (module) => (isHnswlib(module) ? hnswlibEngine(module) : undefined),
    // npm removes what did not compile, which only an installation brings back; what is there without its binary, only a rebuild makes.
    remedy:
      'To get it, install a C++ compiler, make, python3 and the headers of Node.js ' +
      '(node-gyp fetches these, or set `nodedir`), then run `npm install && npm rebuild hnswlib-node`; ' +
      'npm 12 and later need `npm install-scripts approve hnswlib-node` before.',
  },
};

const probed = new Map<IndexEngine, Probed>();

/** Returns an engine, or why it does not load. It is looked for once per thread. */
export function engineOf(engine: IndexEngine): Probed {
  const known = probed.get(engine) ?? probe(engine);
  probed.set(engine, known);
  return known;
}

/** Returns the engine whose module `load` loads, or why it cannot be used. */
export function probe(engine: IndexEngine, load: () => unknown = definitions[engine].load): Probed {
  const { name, of, remedy } = definitions[engine];
  // Files of graphs are checked against the layout of a 64-bit little-endian machine.
  if (endianness() !== 'LE' || ['arm', 'ia32'].includes(process.arch))
    return { problem: 'HNSW needs a 64-bit little-endian Node.js.' };
  try {
    return of(load()) ?? { problem: `The module ${name} is not the expected version. ${remedy}` };
  } catch (error) {
    return { problem: `The module ${name} does not load: ${firstLine(error)}. ${remedy}` };
  }
}

/** Lists the engines, the one to prefer first, and whether they load. */
export function findIndexEngines(): IndexEngineFinding[] {
  return indexEngines.map((engine) => {
    const { name } = definitions[engine];
    const found = engineOf(engine);
    const isThere = !('problem' in found);
    return { engine, name, available: isThere, detail: isThere ? `${name} is installed` : found.problem };
  });
}

/** Returns the engine that is wanted, or else the first that loads; undefined if none does. */
export function firstEngine(wanted?: IndexEngine): IndexEngine | undefined {
  return indexEngines.find((engine) => engine === (wanted ?? engine) && !('problem' in engineOf(engine)));
}

/**
 * Returns the engine that is wanted, or else the first that loads.
 * @throws SnapshelfError `index-unavailable` if it does not load.
 */
export function requireEngine(wanted?: IndexEngine): {
  readonly engine: IndexEngine;
  readonly graphs: GraphEngine;
} {
  const engine = firstEngine(wanted) ?? wanted ?? indexEngines[0];
  const graphs = engineOf(engine);
  if ('problem' in graphs) throw new SnapshelfError('index-unavailable', graphs.problem);
  return { engine, graphs };
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
