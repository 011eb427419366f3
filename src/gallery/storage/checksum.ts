import { crc32 } from 'node:zlib';
import { SnapshelfError } from '../../errors.ts';

/** A checksum that nothing has: what is stored with it is damaged for good. */
export const neverRight = -1;

/**
 * The checksum of bytes in their place, CRC-32: it begins with the sequence number and the part, so that the bytes of
 * another row are as wrong as changed ones. NaN, which equals nothing, for what is no bytes: a damaged row may hold anything.
 */
export const checksumOf = (bytes: Uint8Array, sequence: number, part = 0): number =>
  bytes instanceof Uint8Array ? crc32(bytes, (sequence ^ Math.imul(part + 1, 0x9e3779b1)) >>> 0) : Number.NaN;

/** The checksum of the values of a row, CRC-32. */
export const checksumOfValues = (values: readonly unknown[]): number => crc32(JSON.stringify(values));

/** True if what was read is what was stored. Rows of earlier formats have no checksum (null) and are taken as they are. */
export const isRight = (checksum: number | null, found: () => number): boolean =>
  checksum === null || checksum === found();

/**
 * Makes the `item-damaged` error.
 * @param item its id, or the number of the change that wrote it
 * @param wayOut what to do. Default: repair, or store the item again
 */
export function itemDamaged(
  what: 'row' | 'picture' | 'thumbnail' | 'vector',
  item: string | number,
  wayOut = 'Check and repair the collection, or store the item again',
): SnapshelfError {
  const whose = typeof item === 'string' ? `item ${JSON.stringify(item)}` : `the item of change ${item}`;
  return new SnapshelfError(
    'item-damaged',
    `The ${what} of ${whose} is damaged: it is not what was stored. ${wayOut}.`,
    { details: typeof item === 'string' ? { id: item } : { sequence: item } },
  );
}
