import { type Engine, pictureStoreDocument } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { pipeline } from '../threads/index.ts';

/** An item whose picture is not what was stored. */
export interface DamagedPicture {
  readonly collection: string;
  readonly id: string;
  readonly why: string;
}

/** Pictures that are read at a time, each part by part. */
const atOnce = 4;
const pageItems = 1000;

/** Yields the ids of the items of a collection that have a picture. */
async function* withPicture(engine: Engine, name: string): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const { items, next } = await engine.list(name, { limit: pageItems, after });
    for (const { id, hasImage } of items) if (hasImage) yield id;
    if (next === null) return;
    after = next;
  }
}

/** Reads a picture from end to end. Returns why that cannot be done where it is damaged; one that is gone by now is not. */
async function problemOf(engine: Engine, name: string, id: string): Promise<string | undefined> {
  try {
    for await (const _ of engine.pictureParts(name, await engine.picture(name, id)));
    return undefined;
  } catch (error) {
    if (!(error instanceof SnapshelfError)) throw error;
    if (error.code === 'item-damaged') return error.message;
    if (error.code === 'item-not-found' || error.code === 'image-not-stored') return undefined;
    throw error;
  }
}

/**
 * Reads all pictures that an engine itself keeps, and returns those that are not what was stored.
 * @param onPicture is called with the collection and the number of its pictures that were read
 * @throws unknown the signal's reason if it aborts.
 */
export async function damagedPictures(
  engine: Engine,
  onPicture: (name: string, pictures: number) => void,
  signal: AbortSignal,
): Promise<DamagedPicture[]> {
  const damaged: DamagedPicture[] = [];
  for (const { name } of await engine.collections()) {
    if ((await engine.document(name, pictureStoreDocument)) !== undefined) continue;
    let read = 0;
    const look = async (id: string) => ({ id, why: await problemOf(engine, name, id) });
    for await (const { id, why } of pipeline(withPicture(engine, name), atOnce, look)) {
      signal.throwIfAborted();
      if (why !== undefined) damaged.push({ collection: name, id, why });
      read += 1;
      onPicture(name, read);
    }
  }
  return damaged;
}
