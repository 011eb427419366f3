import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Collection } from './collection.ts';
import { type Peers, startPeers } from './peers.ts';
import type { VectorSet } from './vectors.ts';

/** Threads of a peer that builds. */
export const threads = availableParallelism();

/** What the parts of one set of vectors work with: a folder with its vectors and the data folder, kept from part to part. */
export interface Bench {
  readonly set: VectorSet;
  /** The data folder of the collection `peers`. */
  readonly data: string;
  /** A folder for what a part needs for itself. */
  readonly folder: string;
  /** Seconds that rates and searches beside other work are measured for. */
  readonly seconds: number;
  /** Rounds in which two are measured in turns. */
  readonly rounds: number;
  readonly pictures: {
    readonly model: string | undefined;
    readonly folder: string | undefined;
    readonly count: number;
  };
  readonly say: (line: string) => void;
  /** Is given the versions of the peers that were measured. */
  readonly versions: Record<string, string>;
}

/** Returns the identity of the model that the collection names: that of the file, if one was given. */
async function modelIdOf({ pictures: { model } }: Bench): Promise<string> {
  if (model === undefined) return '0'.repeat(64);
  return createHash('sha256')
    .update(await readFile(model))
    .digest('hex');
}

/** Works with the collection, which is closed afterwards. @throws Error if it is not built yet. */
export async function withCollection<T>(
  bench: Bench,
  work: (collection: Collection) => Promise<T>,
  { isNew = false, oneCore = false } = {},
): Promise<T> {
  if (!isNew && !existsSync(join(bench.data, 'collections')))
    throw new Error('The collection is not built yet: measure the part build first, with the same --folder.');
  const collection = await Collection.open(bench.data, bench.set, await modelIdOf(bench), oneCore);
  const result = await work(collection);
  await collection.close();
  return result;
}

/** Works with the peers, which end afterwards. */
export async function withPeers<T>(bench: Bench, work: (peers: Peers | undefined) => Promise<T>): Promise<T> {
  const peers = await startPeers(bench.set);
  Object.assign(bench.versions, peers?.versions);
  const result = await work(peers);
  peers?.process.end();
  return result;
}
