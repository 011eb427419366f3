import { crc32 } from 'node:zlib';
import { SnapshelfError } from '../../errors.ts';

/** A checksum that nothing has: what is stored with it is damaged for good. */
export const neverRight = -1;

/**
 * The checksum of bytes in their place, CRC-32: it begins with the sequence number and the part, so that the bytes of
 * another row are as wrong as changed ones.
 */
export const checksumOf = (bytes: Uint8Array, sequence: number, part = 0): number =>
  crc32(bytes, (sequence ^ Math.imul(part + 1, 0x9e3779b1)) >>> 0);

/** The checksum of the values of a row, CRC-32. */
export const checksumOfValues = (values: readonly unknown[]): number => crc32(JSON.stringify(values));

/** True if what was read is what was stored. Rows of earlier formats have no checksum (null) and are taken as they are. */
export const isRight = (checksum: number | null, found: () => number): boolean =>
  checksum === null || checksum === found();

/** Makes the `item-damaged` error. `what` is the subject of a sentence, such as `The picture of item "mug"`. */
export const itemDamaged = (what: string, details: Readonly<Record<string, unknown>> = {}): SnapshelfError =>
  new SnapshelfError(
    'item-damaged',
    `${what} is damaged: it is not what was stored. Check and repair the collection, or store the item again.`,
    { details },
  );
