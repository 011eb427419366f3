import { createHash } from 'node:crypto';
import {
  decodeReference,
  type Engine,
  type PictureReference,
  referenceBytes,
  type StoredImage,
  type StoredPicture,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { PicturePlaces } from './picture-places.ts';
import type { PictureStore } from './picture-store.ts';
import { keyOf, referenceOf } from './references.ts';

/** Bytes of a part of a picture, as engines hand them out. */
const partBytes = 256 * 1024;

/** A picture of a store that `picture` described. */
interface OutsidePicture extends StoredPicture {
  readonly outside: { readonly id: string; readonly reference: PictureReference };
}

/** The calls of an engine that read pictures, where those may be kept in a store: the engine has a reference in the place of each. */
export class ReadOutside {
  protected readonly engine: Engine;
  protected readonly places: PicturePlaces;
  protected readonly store: PictureStore | undefined;

  /** @param store undefined: pictures are kept in the engine, and those that are not are refused */
  constructor(engine: Engine, store: PictureStore | undefined) {
    this.engine = engine;
    this.store = store;
    this.places = new PicturePlaces(engine, store);
  }

  /** See `Engine.image`. */
  async image(name: string, id: string): Promise<StoredImage> {
    const stored = await this.engine.image(name, id);
    const reference = decodeReference(stored.bytes);
    if (reference === undefined) return stored;
    const bytes = await this.#read(name, id, reference);
    if (bytes !== undefined) return { bytes, mediaType: stored.mediaType };
    // The item was deleted or replaced meanwhile: so it is now.
    return this.image(name, id);
  }

  /** See `Engine.picture`. */
  async picture(name: string, id: string): Promise<StoredPicture> {
    const picture = await this.engine.picture(name, id);
    if (picture.byteLength !== referenceBytes) return picture;
    const reference = decodeReference((await this.engine.image(name, id)).bytes);
    if (reference === undefined) return picture;
    if (this.store === undefined) await this.places.of(name);
    const { byteLength } = reference;
    const parts = Math.max(1, Math.ceil(byteLength / partBytes));
    const outside: OutsidePicture = { ...picture, byteLength, parts, outside: { id, reference } };
    return outside;
  }

  /**
   * See `Engine.pictureParts`. The whole picture is read before its first part is handed out: only then it is known to be right.
   * @throws SnapshelfError as that.
   */
  async *pictureParts(name: string, picture: StoredPicture): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const { outside } = picture as Partial<OutsidePicture>;
    if (outside === undefined) return yield* this.engine.pictureParts(name, picture);
    const bytes = await this.#read(name, outside.id, outside.reference);
    if (bytes === undefined)
      throw new SnapshelfError(
        'item-not-found',
        `The item of change ${picture.sequence} was deleted or replaced while its picture was read. Read it again.`,
      );
    for (let part = 0; part < picture.parts; part += 1)
      yield bytes.slice(part * partBytes, (part + 1) * partBytes);
  }

  /** See `Engine.close`. */
  async close(): Promise<void> {
    await this.engine.close();
    this.store?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Reads a picture; undefined if the item has another one by now. @throws SnapshelfError `item-damaged`. */
  async #read(
    name: string,
    id: string,
    { key, collection, byteLength, sha256 }: PictureReference,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.store === undefined) await this.places.of(name);
    // Of a reference that was written for another collection nothing is read: it came from elsewhere.
    const bytes = collection === name ? await this.store?.get(key, byteLength) : undefined;
    if (bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
    if (collection === name && keyOf(await referenceOf(this.engine, name, id)) !== key) return undefined;
    const where = this.store === undefined ? 'a picture store' : `the picture store ${this.store.url}`;
    throw new SnapshelfError(
      'item-damaged',
      `The picture of item ${JSON.stringify(id)} is ${bytes === undefined ? 'missing' : 'not what was stored'} in ${where}. Add the item again.`,
      { details: { id } },
    );
  }
}
