import { cp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bench, withCollection } from '../bench.ts';
import type { Collection } from '../collection.ts';
import type { Part } from '../results.ts';

/** Requests per second, which do not wait for one another. */
const rate = 20;

type Load = Part<'beside'>[number];

/** Requests at a fixed rate: beside nothing, beside exact searches, and beside the building of the index. */
export async function beside(bench: Bench): Promise<Part<'beside'>> {
  const { seconds } = bench;
  const load = async (collection: Collection, of: string, what: string, scans = false): Promise<Load> => {
    const { state: _, ...times } = await collection.ask<Load & { state: string }>('load', {
      rate,
      seconds,
      of,
      scans,
    });
    return { ...times, of, beside: what, rate };
  };
  const idle = await withCollection(bench, async (collection) => {
    await collection.search({});
    return [
      await load(collection, 'get', 'nothing'),
      await load(collection, 'get', 'exact searches', true),
      await load(collection, 'search', 'nothing'),
      await load(collection, 'search', 'exact searches', true),
    ];
  });
  return [...idle, ...(await besideBuilding(bench, load))];
}

/** Takes the saved index away, so that the collection builds it anew, and puts it back afterwards. */
async function besideBuilding(
  { data, folder, ...bench }: Bench,
  load: (collection: Collection, of: string, what: string) => Promise<Load>,
): Promise<Load[]> {
  const collections = join(data, 'collections', 'peers');
  const index = (await readdir(collections)).find((name) => name.startsWith('index-'));
  if (index === undefined) return [];
  const aside = join(folder, 'index-aside');
  await rm(aside, { recursive: true, force: true });
  await rename(join(collections, index), aside);
  const measured = await withCollection({ data, folder, ...bench }, async (collection) => {
    // As beside nothing: the first search waits until the vectors are read, which the part `start` measures.
    await collection.search({});
    return [
      await load(collection, 'search', 'the building of the index'),
      await load(collection, 'get', 'the building of the index'),
    ];
  });
  await rm(join(collections, index), { recursive: true, force: true });
  await cp(aside, join(collections, index), { recursive: true });
  await rm(aside, { recursive: true });
  return measured;
}
