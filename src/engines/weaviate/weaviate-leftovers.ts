import { setTimeout as sleep } from 'node:timers/promises';
import type { Leftovers, LeftoversOptions, PictureParts } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { eachOf } from '../each-of.ts';
import type { Collections, OpenCollection } from './collection.ts';
import { collectionOfClass } from './names.ts';
import { type PicturePart, partsOf } from './pictures.ts';
import { dropClass, type Registry } from './registry.ts';

/** Milliseconds that no write takes. */
const hour = 3_600_000;
/** Milliseconds within which a class that was made is named by a record. */
const minute = 60_000;
/** Parts of pictures that are looked at together. */
const pageParts = 500;

interface Needs {
  readonly remove: boolean;
  readonly minAgeMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (name: string, parts: number) => void;
}

/**
 * Counts the classes that no record names and the parts of pictures that no item names, and removes them if that is asked for.
 * @throws SnapshelfError `engine-cannot` where one replica decides; the signal's reason.
 */
export async function findLeftovers(
  collections: Collections,
  registry: Registry,
  { remove = false, minAgeMs = hour, signal, onProgress = () => {} }: LeftoversOptions,
): Promise<Leftovers> {
  if (remove && collections.cluster.address.consistency === 'ONE') throw tooFewAsked();
  const needs: Needs = { remove, minAgeMs, signal, onProgress };
  const before = await unnamedClasses(collections, registry);
  const counts: PictureParts[] = [];
  for (const name of await registry.names()) counts.push(await sweepPictures(collections, name, needs));
  if (remove && before.length > 0) await sleep(Math.min(minAgeMs, minute), undefined, { signal });
  // A class is made before the record that names it: one that is named by now is none of them.
  const unnamed = new Set(await unnamedClasses(collections, registry));
  const stores = before.filter((one) => unnamed.has(one));
  if (remove) for (const one of stores) await dropClass(collections.cluster, one);
  return { stores, collections: counts };
}

/** Makes the error of a URL by which one replica decides: what it lacks may be there all the same. */
const tooFewAsked = (): SnapshelfError =>
  new SnapshelfError(
    'engine-cannot',
    'The engine weaviate does not remove anything where one replica says what is there. Leave consistency=ONE out of its URL.',
    { details: { engine: 'weaviate', capability: 'consistency' } },
  );

/** The classes of collections that the record of their collection, as a quorum has it, does not name. */
async function unnamedClasses({ cluster }: Collections, registry: Registry): Promise<string[]> {
  const classes = (await cluster.classes()).filter((name) => collectionOfClass(name) !== undefined);
  const records = await eachOf(classes, (name) => registry.find(collectionOfClass(name) as string));
  return classes
    .filter((name, at) => {
      const record = records[at];
      return ![record?.className, record?.pictureClass, record?.reindex?.className].includes(name);
    })
    .sort();
}

/** Reads the parts of a collection's pictures without their bytes, and asks a quorum for the item of each. */
async function sweepPictures(
  collections: Collections,
  name: string,
  { remove, minAgeMs, signal, onProgress }: Needs,
): Promise<PictureParts> {
  const until = Date.now() - minAgeMs;
  const sum = { parts: 0, orphans: 0, unknown: 0 };
  for (let after: string | undefined; ; ) {
    signal?.throwIfAborted();
    const collection = await collections.fresh(name);
    const page = await collection.pictures.page(after, pageParts);
    const known = page.filter(({ of }) => of !== undefined);
    const orphans = (await unnamedOf(collection, known)).filter(({ writtenAt }) => writtenAt <= until);
    // Where the vectors of another model took their place meanwhile, the items were looked for in a class that is gone.
    const { record } = await collections.fresh(name);
    if (record.className !== collection.record.className) continue;
    if (remove) await collection.pictures.removeParts(orphans.map(({ uuid }) => uuid));
    sum.parts += page.length;
    sum.unknown += page.length - known.length;
    sum.orphans += orphans.length;
    onProgress(name, sum.parts);
    if (page.length < pageParts) return { name, ...sum };
    after = page.at(-1)?.uuid;
  }
}

/** Returns those of the parts that their items do not name. */
async function unnamedOf(
  { items }: Pick<OpenCollection, 'items'>,
  parts: readonly PicturePart[],
): Promise<PicturePart[]> {
  const ids = [...new Set(parts.map(({ of }) => of?.id as string))];
  const found = await eachOf(ids, (id) => items.find(id).catch(damagedOf));
  const stored = new Map(ids.map((id, at) => [id, found[at]]));
  return parts.filter(({ of }) => {
    if (of === undefined) return false;
    const item = stored.get(of.id);
    if (item === 'damaged') return false;
    const facts = item?.sequence === of.sequence ? item[of.kind] : undefined;
    return facts === undefined || of.part >= partsOf(facts.byteLength);
  });
}

/** Tells an item that cannot be read from none: it may be mended, and needs its picture then. */
function damagedOf(error: unknown): 'damaged' {
  if (error instanceof SnapshelfError && error.code === 'item-damaged') return 'damaged';
  throw error;
}
