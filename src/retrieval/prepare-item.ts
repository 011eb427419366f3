import { createHash } from 'node:crypto';
import type { Embedder } from '../embed/index.ts';
import type { ItemInput, Json, Split } from '../gallery/index.ts';
import { decodeImage, type ImageLimits, inspectImage, thumbnail } from '../image/index.ts';

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

/** SHA-256 of a picture's bytes, hexadecimal. */
export const hashOf = (image: Uint8Array): string => createHash('sha256').update(image).digest('hex');

/** What pictures are prepared with. */
export interface PrepareContext {
  readonly embedder: Embedder;
  readonly limits: ImageLimits;
  readonly signal?: AbortSignal | undefined;
}

/** Decodes a picture once and makes of it all that the gallery stores: vector, thumbnail, hash, media type. */
export async function prepareItem(input: AddInput, context: PrepareContext): Promise<ItemInput> {
  const { embedder, limits, signal } = context;
  const { mediaType } = await inspectImage(input.image, limits);
  const pixels = await decodeImage(input.image, { limits, signal });
  const [embedding, small] = await Promise.all([embedder.embedPixels(pixels, { signal }), thumbnail(pixels)]);
  const { id, productId, label, metadata, split } = input;
  return {
    ...{ id, productId, label, metadata, split },
    vector: embedding.vector,
    imageHash: hashOf(input.image),
    thumbnail: small,
    image: input.image,
    imageType: mediaType,
  };
}
