import type { ItemInput } from '../../engine/index.ts';

/** An item with buffers of its own. */
type OwnItem = ItemInput & {
  readonly vector: Float32Array<ArrayBuffer>;
  readonly image?: Uint8Array<ArrayBuffer> | undefined;
  readonly thumbnail?: Uint8Array<ArrayBuffer> | undefined;
};

/**
 * Copies a vector, so that it can be handed over and the caller's stays usable.
 * @throws TypeError if `vector` is no Float32Array.
 */
export function copyVector(vector: Float32Array): Float32Array<ArrayBuffer> {
  if (vector instanceof Float32Array) return new Float32Array(vector);
  throw new TypeError(`vector must be a Float32Array, not ${typeof vector}.`);
}

/** Copies the buffers of an item. @throws TypeError if its vector is no Float32Array. */
export function copyItem(item: ItemInput): OwnItem {
  return {
    ...item,
    vector: copyVector(item.vector),
    image: item.image === undefined ? undefined : new Uint8Array(item.image),
    thumbnail: item.thumbnail === undefined ? undefined : new Uint8Array(item.thumbnail),
  };
}

/** Lists the buffers of an item. */
export const buffersOf = ({ vector, image, thumbnail }: OwnItem): ArrayBuffer[] =>
  [vector, image, thumbnail].flatMap((part) => (part === undefined ? [] : [part.buffer]));
