import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Embedder } from '../embed/index.ts';
import { checkItemFields, type ItemInput, type Json, type Split } from '../engine/index.ts';
import {
  decodeImage,
  type ImageLimits,
  inDecodingTurn,
  type Pixels,
  readHeader,
  type Turn,
  thumbnail,
  withoutPlaces,
} from '../image/index.ts';
import { type Priority, Semaphore } from '../threads/index.ts';

/** A picture to add, with the fields of its item. */
export interface AddInput {
  /** Id of the item; an item of the same id is replaced. */
  readonly id: string;
  /** The encoded picture: JPEG, PNG, WebP, AVIF or GIF. */
  readonly image: Uint8Array;
  /** Id of the product that the picture shows. Default: the item's id. */
  readonly productId?: string | undefined;
  /** Class of the picture, for evaluation and filters. */
  readonly label?: string | undefined;
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
  readonly split?: Split | undefined;
}

/** Bytes that are hashed before other work runs: about a millisecond. */
const hashedAtOnce = 2 ** 20;

/**
 * Computes the SHA-256 of a picture's bytes in hexadecimal, in slices, so that a large one does not block the thread. (Web
 * Crypto hashes in another thread, but copies all bytes first, which takes as long.)
 */
async function hashOf(image: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < image.length; start += hashedAtOnce) {
    if (start > 0) await setImmediate();
    hash.update(image.subarray(start, start + hashedAtOnce));
  }
  return hash.digest('hex');
}

/** Bytes of decoded pixels at a time in this process: a full batch of 12-megapixel photos. */
const pixelMemory = new Semaphore(320 * 2 ** 20);

/** The settings that pictures are read and stored with. */
export interface PictureContext {
  readonly limits: ImageLimits;
  /** True keeps what EXIF and XMP say of the place where a picture was taken. */
  readonly keepGps: boolean;
  /** `middle` lets searches pass, `background` single pictures as well. */
  readonly priority: Priority;
  readonly signal?: AbortSignal | undefined;
}

/** The settings that items are prepared with. */
export interface PrepareContext extends PictureContext {
  readonly embedder: Embedder;
}

/** A picture as it is stored, with its hash and that of the picture as it was sent. */
export interface StoredPicture {
  readonly image: Uint8Array;
  readonly imageHash: string;
  readonly sentHash: string;
}

/** Removes the places from a picture, unless they are kept. @throws SnapshelfError `image-unsupported`, `image-corrupt`. */
export async function toStored(sent: Uint8Array, keepGps: boolean): Promise<StoredPicture> {
  const image = keepGps ? sent : withoutPlaces(sent);
  const sentHash = await hashOf(sent);
  return { image, imageHash: image === sent ? sentHash : await hashOf(image), sentHash };
}

/**
 * Decodes a picture once and makes all parts of it that the gallery stores: vector, thumbnail, hash, media type.
 * @throws SnapshelfError `image-*` for the picture, `id-invalid` and `item-invalid` for its fields, else as `Embedder.embed`.
 * @throws unknown the signal's reason if it aborts.
 */
export async function prepareItem(input: AddInput, context: PrepareContext): Promise<ItemInput> {
  // This costs nothing: an item that cannot be stored is not embedded.
  checkItemFields(input);
  const { embedder, priority, signal } = context;
  const { picture, used } = await preparePicture(input.image, context, (pixels) =>
    embedder.embedPixels(pixels, { signal, priority }),
  );
  const { id, productId, label, metadata, split } = input;
  return { id, productId, label, metadata, split, vector: used.vector, ...picture };
}

/** The parts of an item that come of its picture, but for the vector. */
export type ItemPicture = StoredPicture & Pick<ItemInput, 'thumbnail' | 'imageType'>;

/**
 * Decodes a picture once, makes what is stored of it, and hands its pixels to `use`.
 * @throws SnapshelfError `image-*`; what `use` throws.
 * @throws unknown the signal's reason if it aborts.
 */
export async function preparePicture<T>(
  sent: Uint8Array,
  { limits, keepGps, priority, signal }: PictureContext,
  use: (pixels: Pixels) => Promise<T>,
): Promise<{ readonly picture: ItemPicture; readonly used: T }> {
  const header = await readHeader(sent, limits);
  const stored = await toStored(sent, keepGps);
  // What is stored is what is read and embedded.
  const { mediaType, width, height } =
    stored.image === sent ? header : await readHeader(stored.image, limits);
  const turn: Turn = (pixels, decode) => inDecodingTurn(decode, { pixels, signal, priority });
  const decodeAndUse = async (): Promise<[T, Uint8Array<ArrayBuffer>]> => {
    const pixels = await decodeImage(stored.image, { limits, signal, turn });
    return Promise.all([use(pixels), thumbnail(pixels)]);
  };
  const [used, small] = await pixelMemory.run(width * height * 3, decodeAndUse, { signal, priority });
  return { picture: { ...stored, thumbnail: small, imageType: mediaType }, used };
}
