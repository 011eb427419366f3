import { decodeReference, type Engine, type PictureReference, referenceBytes } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { eachOf } from '../each-of.ts';

/** Items that are looked at, at a time. */
const atOnce = 8;
const nothingThere: readonly string[] = ['item-not-found', 'image-not-stored', 'collection-not-found'];

/** Returns the key of a reference. */
export const keyOf = (reference: PictureReference | undefined): string | undefined => reference?.key;

/**
 * Reads what an engine keeps in the place of an item's picture. Undefined if that is the picture itself, or nothing, or of another
 * collection.
 * @throws SnapshelfError `item-damaged` if nobody knows.
 */
export async function referenceOf(
  engine: Engine,
  name: string,
  id: string,
): Promise<PictureReference | undefined> {
  try {
    if ((await engine.picture(name, id)).byteLength !== referenceBytes) return undefined;
    const reference = decodeReference((await engine.image(name, id)).bytes);
    return reference?.collection === name ? reference : undefined;
  } catch (error) {
    if (error instanceof SnapshelfError && nothingThere.includes(error.code)) return undefined;
    throw error;
  }
}

/** Reads the references of those of the ids that have one. */
export async function referencesOf(
  engine: Engine,
  name: string,
  ids: readonly string[],
): Promise<Map<string, PictureReference>> {
  const found = new Map<string, PictureReference>();
  if (ids.length === 0) return found;
  // Of new items nothing is asked one by one.
  const there = [...(await engine.hashes(name, ids)).keys()];
  await eachOf(
    there,
    async (id) => {
      // What a damaged one has named is left to a sweep.
      const reference = await referenceOf(engine, name, id).catch(unlessDamaged);
      if (reference !== undefined) found.set(id, reference);
    },
    atOnce,
  );
  return found;
}

function unlessDamaged(error: unknown): undefined {
  if (error instanceof SnapshelfError && error.code === 'item-damaged') return undefined;
  throw error;
}
