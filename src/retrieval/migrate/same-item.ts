import { isDeepStrictEqual } from 'node:util';
import type { Item } from '../../engine/index.ts';
import { canonical } from '../../text.ts';

/** An item but for its last change. Texts are in the one spelling that is stored today, whatever an earlier release stored. */
const comparable = ({ sequence: _, updatedAt: _time, id, productId, label, ...rest }: Item) => ({
  ...rest,
  id: canonical(id),
  productId: canonical(productId),
  label: label === null ? null : canonical(label),
});

/** True if two engines have an item just so, but for the number and the time of its last change, its vector and its pictures. */
export const isSameItem = (one: Item, other: Item): boolean =>
  isDeepStrictEqual(comparable(one), comparable(other));

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** True if two vectors are the same to the last bit. */
export const isSameVector = (one: Float32Array, other: Float32Array): boolean =>
  bytesOf(one).equals(bytesOf(other));
