import { createHash } from 'node:crypto';
// Not from the room's index, which loads the decoder.
import { withoutPlaces } from '../../image/places/without-places.ts';
import { type ItemRow, withChecksum } from './item-row.ts';

/** A picture whose place was removed, with the row that says so. */
export interface WithoutPlace {
  readonly row: ItemRow;
  readonly picture: Uint8Array;
}

/**
 * Removes from a stored picture what it says of the place where it was taken; its row keeps the SHA-256 of the picture as it was sent.
 * Returns undefined if it says nothing of that, or is none that can be read.
 */
export function withoutPlace(row: ItemRow, picture: Uint8Array): WithoutPlace | undefined {
  const cleaned = cleanedOf(picture);
  if (cleaned === picture) return undefined;
  const image_hash = createHash('sha256').update(cleaned).digest('hex');
  const sent_hash = row.sent_hash ?? row.image_hash;
  return {
    picture: cleaned,
    row: withChecksum({ ...row, image_hash, sent_hash, image_bytes: cleaned.length }),
  };
}

function cleanedOf(picture: Uint8Array): Uint8Array {
  try {
    return withoutPlaces(picture);
  } catch {
    return picture; // It is served as bytes, if at all.
  }
}
