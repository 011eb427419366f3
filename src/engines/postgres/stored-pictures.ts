import { isPictureOf, referenceBytes, type StoredPicture } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { Client } from './connection.ts';

/** A picture as its item describes it. */
type Described = Pick<StoredPicture, 'sequence' | 'byteLength' | 'hash'>;

interface Digest {
  readonly sequence: number;
  readonly length: number;
  readonly sha256: string;
  /** The bytes, if they are as many as those of a reference. */
  readonly small: Buffer | null;
}

/**
 * Compares stored pictures with the lengths and the SHA-256 that are known of them, where they are: their bytes stay there. Returns the
 * sequence numbers of those that are something else, or not there.
 */
export async function damagedPictures(
  client: Client,
  images: string,
  pictures: readonly Described[],
): Promise<Set<number>> {
  if (pictures.length === 0) return new Set();
  const sql = `SELECT sequence, sum(length(bytes)) AS length, encode(sha256(string_agg(bytes, '' ORDER BY part)), 'hex') AS sha256,
      CASE WHEN sum(length(bytes)) = ${referenceBytes} THEN string_agg(bytes, '' ORDER BY part) END AS small
    FROM ${images} WHERE sequence = ANY($1) GROUP BY sequence`;
  const { rows } = await client.query<Digest>(sql, [pictures.map(({ sequence }) => sequence)]);
  const found = new Map(rows.map((row) => [row.sequence, row]));
  const isWhole = ({ sequence, byteLength, hash }: Described): boolean => {
    const stored = found.get(sequence);
    if (stored?.length !== byteLength) return false;
    return stored.small === null ? hash === '' || stored.sha256 === hash : isPictureOf(stored.small, hash);
  };
  return new Set(pictures.filter((picture) => !isWhole(picture)).map(({ sequence }) => sequence));
}

/** Refuses a picture that is not what was stored. @throws SnapshelfError `item-damaged`. */
export async function checkPicture(client: Client, images: string, picture: Described): Promise<void> {
  const { sequence } = picture;
  if (!(await damagedPictures(client, images, [picture])).has(sequence)) return;
  throw new SnapshelfError(
    'item-damaged',
    `The picture of the item of change ${sequence} is damaged: it is not what was stored. Store the item again.`,
    { details: { sequence } },
  );
}
