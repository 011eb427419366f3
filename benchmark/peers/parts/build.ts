import { rm } from 'node:fs/promises';
import { type Bench, withCollection } from '../bench.ts';
import { recallOf } from '../collection.ts';
import type { Part } from '../results.ts';

/** Builds the collection anew, with nothing beside it. */
export async function build(bench: Bench): Promise<Part<'build'>> {
  await rm(bench.data, { recursive: true, force: true });
  return withCollection(
    bench,
    async (collection) => {
      const built = await collection.ask<{ writeSeconds: number; seconds: number }>('build');
      return { ...built, bytes: await collection.memory() };
    },
    { isNew: true },
  );
}

/** Opens the collection and waits for the first answer. */
export function start(bench: Bench): Promise<Part<'start'>> {
  return withCollection(bench, async (collection) => {
    const { seconds } = await collection.ask<{ seconds: number }>('first');
    const bytes = await collection.memory();
    await collection.search({ exact: true });
    return { seconds, bytes, bytesAfterScans: await collection.memory() };
  });
}

/** Deletes a fifth of the items and writes them again, five times. */
export function replace(bench: Bench): Promise<Part<'replace'>> {
  return withCollection(bench, async (collection) => {
    const exact = await collection.search({ exact: true });
    const recall = async (): Promise<number> => recallOf(await collection.search({ ef: 96 }), exact);
    const recallBefore = await recall();
    const seconds: number[] = [];
    for (let round = 0; round < 5; round += 1)
      seconds.push((await collection.ask<{ seconds: number }>('replace', { share: 0.2, round })).seconds);
    return { seconds, recallBefore, recallAfter: await recall() };
  });
}
