import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { Embedder, Embedding } from '../embed/index.ts';
// Not from the room's index, which is of what others may use.
import { checkItemFields } from '../gallery/checks/validate.ts';
import type { ItemInput, Json, Split } from '../gallery/index.ts';
import { decodeImage, type ImageLimits, inspectImage, type Pixels, thumbnail } from '../image/index.ts';
import { Budget } from './budget.ts';

/** A picture to add, with what is known of it. */
export interface AddInput {
  /** Item id; the item of the same id is replaced. */
  readonly id: string;
  /** The encoded picture: JPEG, PNG, WebP, AVIF or GIF. */
  readonly image: Uint8Array;
  /** Default: the id. */
  readonly productId?: string | undefined;
  readonly label?: string | undefined;
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
  readonly split?: Split | undefined;
}

/** Bytes that are hashed before other work is let in: about a millisecond's. */
const hashedAtOnce = 2 ** 20;

/**
 * SHA-256 of a picture's bytes, hexadecimal; of a large one in slices. (Web Crypto hashes in another thread, but copies
 * all of it first, which takes as long.)
 */
export async function hashOf(image: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < image.length; start += hashedAtOnce) {
    if (start > 0) await setImmediate();
    hash.update(image.subarray(start, start + hashedAtOnce));
  }
  return hash.digest('hex');
}

/** Decoded pixels to hold at a time, in bytes: a full batch of 12-megapixel photos. */
const pixelBytes = 320 * 2 ** 20;

/** What all pictures under way share, so that many large ones neither exhaust the memory nor keep searches waiting. */
export interface DecodingBudget {
  /** Bytes of decoded pixels. */
  readonly memory: Budget;
  /** Pictures being decoded: more would only fill the queue of libuv's threads, which searches need too. */
  readonly turns: Budget;
}

export const decodingBudget = (): DecodingBudget => ({
  memory: new Budget(pixelBytes),
  turns: new Budget(Math.max(2, availableParallelism())),
});

/** What pictures are prepared with. */
export interface PrepareContext {
  readonly embedder: Embedder;
  readonly limits: ImageLimits;
  readonly budget: DecodingBudget;
  /** Let searches and single pictures pass. */
  readonly background: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Decodes a picture once and makes of it all that the gallery stores: vector, thumbnail, hash, media type. */
export async function prepareItem(input: AddInput, context: PrepareContext): Promise<ItemInput> {
  // First what costs nothing: an item that cannot be stored is not embedded.
  checkItemFields(input);
  const { limits, budget, signal } = context;
  const [info, imageHash] = await Promise.all([inspectImage(input.image, limits), hashOf(input.image)]);
  const { mediaType, width, height } = info;
  const use = (): Promise<[Embedding, Uint8Array<ArrayBuffer>]> => decodeAndUse(input.image, context);
  const [embedding, small] = await budget.memory.run(width * height * 3, use, signal);
  const { id, productId, label, metadata, split } = input;
  return {
    ...{ id, productId, label, metadata, split },
    vector: embedding.vector,
    imageHash,
    thumbnail: small,
    image: input.image,
    imageType: mediaType,
  };
}

async function decodeAndUse(
  image: Uint8Array,
  { embedder, limits, budget, background, signal }: PrepareContext,
): Promise<[Embedding, Uint8Array<ArrayBuffer>]> {
  const decode = (): Promise<Pixels> => decodeImage(image, { limits, signal });
  const pixels = await budget.turns.run(1, decode, signal);
  return Promise.all([embedder.embedPixels(pixels, { signal, background }), thumbnail(pixels)]);
}
