import { isImageType, isStoredImageType, type StoredPicture } from '../../engine/index.ts';
import { checksumOf, isRight, itemDamaged, neverRight } from './checksum.ts';
import type { Database } from './database.ts';
import type { ItemRow } from './item-row.ts';
import { damaged } from './sqlite-errors.ts';

/** Bytes of a part of a stored picture; the last part has the rest. */
const partBytes = 256 * 1024;

/** The number of parts of a picture of that many bytes: at least one. */
export const partsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / partBytes));

/** Writes a picture in parts. `isKnownBad` writes one that every reader is to refuse. */
export function insertPicture(
  database: Database,
  sequence: number,
  image: Uint8Array,
  isKnownBad = false,
): void {
  for (let part = 0; part < partsOf(image.length); part += 1) {
    const bytes = image.subarray(part * partBytes, (part + 1) * partBytes);
    const checksum = isKnownBad ? neverRight : checksumOf(bytes, sequence, part);
    database.run('INSERT INTO images VALUES (?, ?, ?, ?)', sequence, part, checksum, bytes);
  }
}

/**
 * Describes the picture of an item; undefined if none is stored. One of a type that is not served is described as bytes.
 * @throws SnapshelfError `gallery-damaged` for a type that is none of a picture, `item-damaged`.
 */
export function describePicture(database: Database, row: ItemRow): StoredPicture | undefined {
  const { sequence, image_type, image_hash } = row;
  if (image_type === null) return undefined;
  if (!isStoredImageType(image_type))
    throw damaged(database.file, `a picture has the media type ${JSON.stringify(image_type)}`);
  const mediaType = isImageType(image_type) ? image_type : 'application/octet-stream';
  // The pictures of earlier formats are in one part.
  const byteLength = row.image_bytes ?? lengthOfPart(database, sequence);
  const parts = row.image_bytes === null ? 1 : partsOf(byteLength);
  return { sequence, mediaType, byteLength, parts, hash: image_hash };
}

function lengthOfPart(database: Database, sequence: number): number {
  const sql = 'SELECT length(bytes) AS bytes FROM images WHERE sequence = ?';
  const bytes = database.get<{ bytes: number }>(sql, sequence)?.bytes;
  if (bytes === undefined) throw itemDamaged('picture', sequence);
  return bytes;
}

/**
 * Reads one part of a picture; undefined if it is not there, as when its item was deleted or replaced meanwhile.
 * @throws SnapshelfError `item-damaged`.
 */
export function readPart(
  database: Database,
  sequence: number,
  part: number,
): Uint8Array<ArrayBuffer> | undefined {
  const sql = 'SELECT checksum, bytes FROM images WHERE sequence = ? AND part = ?';
  const row = database.get<{ checksum: number | null; bytes: Uint8Array<ArrayBuffer> }>(sql, sequence, part);
  if (row === undefined) return undefined;
  if (isRight(row.checksum, () => checksumOf(row.bytes, sequence, part))) return row.bytes;
  throw itemDamaged('picture', sequence);
}

/** Reads a whole picture. @throws SnapshelfError `item-damaged`, also where parts are missing. */
export function readPicture(
  database: Database,
  picture: Pick<StoredPicture, 'sequence' | 'parts' | 'byteLength'>,
): Uint8Array<ArrayBuffer> {
  const { sequence, parts, byteLength } = picture;
  const first = parts === 1 ? readPart(database, sequence, 0) : undefined;
  if (first?.length === byteLength) return first;
  const whole = new Uint8Array(byteLength);
  let length = 0;
  for (let part = 0; part < parts; part += 1) {
    const bytes = readPart(database, sequence, part);
    if (bytes === undefined || length + bytes.length > byteLength) break;
    whole.set(bytes, length);
    length += bytes.length;
  }
  if (length === byteLength) return whole;
  throw itemDamaged('picture', sequence);
}

/** True if the picture of a row can be read whole, or none is stored. */
export function hasWholePicture(database: Database, row: ItemRow): boolean {
  const picture = describePicture(database, row);
  if (picture === undefined) return true;
  try {
    readPicture(database, picture);
    return true;
  } catch {
    return false;
  }
}
