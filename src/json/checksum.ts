import { createHash } from 'node:crypto';
import { z } from 'zod';

const checksummed = z.looseObject({ checksum: z.string().optional() });

const hashOf = (value: object): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** Returns an object as a file keeps it, with the SHA-256 of its JSON: what was damaged must not be taken for what was written. */
export const withChecksum = <T extends object>(value: T): T & { readonly checksum: string } => ({
  ...value,
  checksum: hashOf(value),
});

/**
 * Takes the checksum off what `withChecksum` returned, and JSON was. Files of earlier versions have none.
 * @throws RangeError if it does not fit; what is no object is left to the schema of the file.
 */
export function withoutChecksum(value: unknown): unknown {
  const parsed = checksummed.safeParse(value);
  if (!parsed.success) return value;
  const { checksum, ...rest } = parsed.data;
  if (checksum !== undefined && checksum !== hashOf(rest))
    throw new RangeError('Its content does not fit its checksum.');
  return rest;
}
