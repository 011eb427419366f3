import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Engine } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { isSameItem, isSameVector } from './same-item.ts';
import { walkIds } from './walk-ids.ts';

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
  const { items: about } = await from.info(name);
  const step = Math.max(1, Math.floor(about / sampled));
  const sample: string[] = [];
  let at = 0;
  const items = await walkIds(
    from,
    name,
    (ids) => {
      for (const id of ids) if (at++ % step === 0 && sample.length < sampled) sample.push(id);
    },
    signal,
  );
  await sameIds(from, to, name, { items, signal });
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
  return { items, compared: sample.length, sameAnswers: answers === 0 ? 1 : same / answers };
}

const differs = (name: string, what: string): SnapshelfError =>
  new SnapshelfError(
    'collection-busy',
    `The collection ${name} is not the same in both engines: ${what}. Let nobody write to either, and run the same command again.`,
  );

/** Counts the ids of the second engine, each of which the first has, until they are as many. */
async function sameIds(
  from: Engine,
  to: Engine,
  name: string,
  { items, signal }: { readonly items: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const known = async (ids: readonly string[]): Promise<void> => {
    const other = await from.firstMissing(name, ids);
    if (other !== undefined)
      throw differs(name, `${JSON.stringify(other)} is there, and was not in the other`);
  };
  for (let look = 1; ; look += 1) {
    const there = await walkIds(to, name, known, signal);
    if (there === items) return;
    if (to.capabilities.foundAtOnce || look === looks.count)
      throw differs(name, `${there} of ${items} items are there`);
    await sleep(looks.ms);
  }
}

/** Compares an item. Returns its vector. */
async function sameItem(from: Engine, to: Engine, name: string, id: string): Promise<Float32Array> {
  const [one, other] = await Promise.all([from.get(name, id), to.get(name, id)]);
  if (!isSameItem(one, other)) throw differs(name, `${JSON.stringify(id)} differs`);
  const [vector, stored] = await Promise.all([from.vector(name, id), to.vector(name, id)]);
  if (!isSameVector(vector, stored)) throw differs(name, `the vector of ${JSON.stringify(id)} differs`);
  for (const kind of ['image', 'thumbnail'] as const)
    if (one[kind === 'image' ? 'hasImage' : 'hasThumbnail']) {
      const pictures = await Promise.all([from[kind](name, id), to[kind](name, id)]);
      if (!isDeepStrictEqual(...pictures))
        throw differs(name, `the ${kind} of ${JSON.stringify(id)} differs`);
    }
  return vector;
}
