import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Engine, Item } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';

/** Items that are compared whole, and searched by. */
const sampled = 20;
/** Answers of each of the searches. */
const k = 10;
/** Looks at an engine that searches see later what was written to, and milliseconds between them. */
const looks = { count: 100, ms: 100 } as const;

/** The findings about a collection in two engines. */
export interface Verified {
  /** Items of both. */
  readonly items: number;
  /** Items that were compared whole, and searched by. */
  readonly compared: number;
  /** Share of the answers of those searches that both gave. Engines that search by an approximate index may differ. */
  readonly sameAnswers: number;
}

/**
 * Compares a collection in two engines: their ids one by one, and of a sample everything, their pictures too, and what searches by it answer.
 * @throws SnapshelfError `collection-busy` if they differ.
 */
export async function verifyMigration(
  from: Engine,
  to: Engine,
  name: string,
  signal?: AbortSignal,
): Promise<Verified> {
  const ids = await sameIds(from, to, name, signal);
  const step = Math.max(1, Math.floor(ids.length / sampled));
  const sample = ids.filter((_, at) => at % step === 0).slice(0, sampled);
  let same = 0;
  let answers = 0;
  for (const id of sample) {
    signal?.throwIfAborted();
    const vector = await sameItem(from, to, name, id);
    const [one, other] = await Promise.all(
      [from, to].map((engine) => engine.search(name, vector, { k, group: 'item' })),
    );
    // Of answers at one distance any may come.
    const furthest = (one?.hits.at(-1)?.distance ?? 0) * (1 + 1e-5) + 1e-6;
    answers += one?.hits.length ?? 0;
    same += Math.min(
      one?.hits.length ?? 0,
      other?.hits.filter(({ distance }) => distance <= furthest).length ?? 0,
    );
  }
  return { items: ids.length, compared: sample.length, sameAnswers: answers === 0 ? 1 : same / answers };
}

const differs = (name: string, what: string): SnapshelfError =>
  new SnapshelfError(
    'collection-busy',
    `The collection ${name} is not the same in both engines: ${what}. Let nobody write to either, and run the same command again.`,
  );

/** Reads the ids of both, until they are the same. */
async function sameIds(from: Engine, to: Engine, name: string, signal?: AbortSignal): Promise<string[]> {
  const wanted = await allIds(from, name);
  for (let look = 1; ; look += 1) {
    signal?.throwIfAborted();
    const there = await allIds(to, name);
    if (isDeepStrictEqual(there, wanted)) return wanted;
    if (to.capabilities.foundAtOnce || look === looks.count) {
      const known = new Set(wanted);
      const other = there.find((id) => !known.has(id));
      throw differs(
        name,
        other === undefined
          ? `${there.length} of ${wanted.length} items are there`
          : `${JSON.stringify(other)} is there, and was not in the other`,
      );
    }
    await sleep(looks.ms);
  }
}

async function allIds(engine: Engine, name: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await engine.ids(name, { after });
    for (const id of page) ids.push(id);
    if (page.length < 10_000) return ids;
    after = page.at(-1);
  }
}

/** Compares an item. Returns its vector. */
async function sameItem(from: Engine, to: Engine, name: string, id: string): Promise<Float32Array> {
  const [one, other] = await Promise.all([from.get(name, id), to.get(name, id)]);
  if (!isDeepStrictEqual(withoutTime(one), withoutTime(other)))
    throw differs(name, `${JSON.stringify(id)} differs`);
  const [vector, stored] = await Promise.all([from.vector(name, id), to.vector(name, id)]);
  if (!isDeepStrictEqual(vector, stored)) throw differs(name, `the vector of ${JSON.stringify(id)} differs`);
  for (const kind of ['image', 'thumbnail'] as const)
    if (one[kind === 'image' ? 'hasImage' : 'hasThumbnail']) {
      const pictures = await Promise.all([from[kind](name, id), to[kind](name, id)]);
      if (!isDeepStrictEqual(...pictures))
        throw differs(name, `the ${kind} of ${JSON.stringify(id)} differs`);
    }
  return vector;
}

const withoutTime = ({ sequence: _, updatedAt: _time, ...item }: Item) => item;
