import { type Bench, threads, withCollection, withPeers } from '../bench.ts';
import { type Collection, k, recallOf, type Searched, timesOf } from '../collection.ts';
import type { Peers } from '../peers.ts';
import type { Part } from '../results.ts';

/** Exact searches one after the other, and all at once, beside faiss's flat index, in turns. */
export function exact(bench: Bench): Promise<Part<'exact'>> {
  return withCollection(bench, (collection) =>
    withPeers(bench, async (peers) => {
      const faiss = peers?.engines.includes('faiss') ? peers : undefined;
      await faiss?.ask('build', { engine: 'faiss', threads: 1 });
      // The first searches of a process are slow, whichever they are.
      await collection.search({ exact: true });
      return { ...(await oneByOne(bench, collection, faiss)), ...(await atOnce(bench, collection, faiss)) };
    }),
  );
}

async function oneByOne({ rounds }: Bench, collection: Collection, faiss: Peers | undefined) {
  const own: Searched[] = [];
  const others: Searched[] = [];
  for (let round = 0; round < rounds; round += 1) {
    own.push(await collection.search({ exact: true }));
    if (faiss !== undefined)
      others.push(await faiss.ask<Searched>('search', { engine: 'faiss', k, threads: 1 }));
  }
  const ratios = others.map(({ ms }, round) => timesOf(ms).p50 / timesOf(own[round]?.ms ?? []).p50);
  const [first, other] = [own[0], others[0]];
  return {
    own: timesOf(own.flatMap(({ ms }) => ms)),
    faiss: other === undefined ? null : timesOf(others.flatMap(({ ms }) => ms)),
    ratios,
    agreement: first === undefined || other === undefined ? null : recallOf(other, first),
  };
}

async function atOnce({ rounds, set }: Bench, collection: Collection, faiss: Peers | undefined) {
  const ownBatch: number[] = [];
  const faissBatch = [1, threads].map((count) => ({ threads: count, perSecond: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    const { seconds } = await collection.ask<{ seconds: number }>('batch', { k, exact: true });
    ownBatch.push(set.queries / seconds);
    if (faiss === undefined) continue;
    for (const { threads: count, perSecond } of faissBatch) {
      const task = { engine: 'faiss', k, threads: count };
      perSecond.push(set.queries / (await faiss.ask<{ seconds: number }>('batch', task)).seconds);
    }
  }
  return { ownBatch, faissBatch: faiss === undefined ? [] : faissBatch };
}
