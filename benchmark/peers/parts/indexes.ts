import { type Bench, threads, withCollection, withPeers } from '../bench.ts';
import { k, pointOf, recallOf, type Searched } from '../collection.ts';
import type { Peers } from '../peers.ts';
import type { EngineResult, Part } from '../results.ts';

const widths = [16, 32, 64, 96, 128, 256, 512];
/** Vectors from which graphs of peers take too long: only the collection is measured. */
const manyRows = 500_000;
/** Vectors up to which peers replace a fifth five times; beyond, once. */
const fewRows = 20_000;

/** Recall and speed of the index beside the graphs of peers: at each width, one engine after the other. */
export function indexes(bench: Bench): Promise<Part<'index'>> {
  return withCollection(bench, (collection) =>
    withPeers(bench, async (all) => {
      const peers = bench.set.rows < manyRows ? all : undefined;
      const others = (peers?.engines ?? []).filter((engine) => engine !== 'faiss');
      const engines = [emptyResult('snapshelf')];
      for (const engine of others) engines.push(await buildPeer(bench, peers, engine));
      const exact = await collection.search({ exact: true });
      await collection.search({ ef: 64 });
      for (const ef of widths)
        for (const { name, curve } of engines) {
          const found =
            name === 'snapshelf'
              ? await collection.search({ ef })
              : await peers?.ask<Searched>('search', { engine: name, k, ef, threads: 1 });
          if (found !== undefined && isOfIndex(found)) curve.push(pointOf(ef, found, exact));
        }
      for (const engine of engines.slice(1)) await replaceOf(bench, peers, engine, exact);
      return { engines };
    }),
  );
}

/** A small collection is searched exactly, whatever is asked. */
const isOfIndex = ({ kinds }: Searched): boolean => kinds === undefined || kinds['hnsw'] !== undefined;

const emptyResult = (name: string): EngineResult => ({
  name,
  buildSeconds: null,
  threads,
  bytes: null,
  curve: [],
  replaceSeconds: [],
  recallAfter: null,
});

async function buildPeer({ say }: Bench, peers: Peers | undefined, engine: string): Promise<EngineResult> {
  say(`building ${engine}`);
  const built = await peers?.ask<{ seconds: number; bytes: number }>('build', { engine, threads });
  return { ...emptyResult(engine), buildSeconds: built?.seconds ?? null, bytes: built?.bytes ?? null };
}

async function replaceOf(
  { set, say }: Bench,
  peers: Peers | undefined,
  result: EngineResult,
  exact: Searched,
) {
  if (peers === undefined) return;
  const { name: engine } = result;
  say(`replacing items of ${engine}`);
  for (let round = 0; round < (set.rows > fewRows ? 1 : 5); round += 1) {
    const task = { engine, share: 0.2, round, threads };
    result.replaceSeconds.push((await peers.ask<{ seconds: number }>('replace', task)).seconds);
  }
  const found = await peers.ask<Searched>('search', { engine, k, ef: 96, threads: 1 });
  result.recallAfter = recallOf(found, exact);
}
