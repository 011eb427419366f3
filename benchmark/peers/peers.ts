import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LineProcess, startLineProcess } from '../support/line-process.ts';
import type { VectorSet } from './vectors.ts';

/** Other engines, in a Python process. */
export interface Peers {
  readonly process: LineProcess;
  /** The engines that can be asked. */
  readonly engines: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly ask: <T>(what: string, fields: object) => Promise<T>;
}

/** The engines of a package. */
const enginesOf: Readonly<Record<string, readonly string[]>> = {
  faiss: ['faiss'],
  hnswlib: ['hnswlib'],
  usearch: ['usearch-f16'],
};

/** Starts the peers of the Python that SNAPSHELF_PYTHON names (else python3). Returns undefined where there are none. */
export async function startPeers({ path, rows, queries, dimension }: VectorSet): Promise<Peers | undefined> {
  const script = join(dirname(fileURLToPath(import.meta.url)), '../../../benchmark/peers/peer.py');
  const python = process.env['SNAPSHELF_PYTHON'] ?? 'python3';
  const args = [script, path, rows, queries, dimension].map(String);
  const child = await startLineProcess(python, args).catch((error: unknown) => {
    console.log(`  the peers are not measured: ${String(error)} (set SNAPSHELF_PYTHON)`);
  });
  if (child === undefined) return undefined;
  const ask = async <T>(what: string, fields: object): Promise<T> =>
    JSON.parse(await child.ask(JSON.stringify({ do: what, ...fields }))) as T;
  const { versions } = await ask<{ versions: Record<string, string> }>('versions', {});
  const engines = Object.keys(versions).flatMap((name) => enginesOf[name] ?? []);
  return { process: child, engines, versions, ask };
}
