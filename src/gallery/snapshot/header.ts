import { readSync } from 'node:fs';
import { z } from 'zod';
import { isName } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { jsonOrUndefined } from '../../json/index.ts';

const maxHeaderBytes = 4096;

const headerSchema = z.strictObject({
  format: z.literal('snapshelf-snapshot'),
  version: z.literal(1),
  /** The collection's name when the snapshot was made. */
  collection: z.string().refine(isName, 'is no name of a collection'),
  /** Length of the database. */
  bytes: z.int().min(512),
  /** Of the database, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The first line of a snapshot; the database follows it. */
export type SnapshotHeader = Readonly<z.infer<typeof headerSchema>>;

/** Makes the `snapshot-invalid` error about a file. */
export const invalidSnapshot = (path: string, why: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('snapshot-invalid', `${path} is not a whole snapshot: ${why}. Nothing was restored.`, {
    cause,
    details: { path },
  });

/** Makes the header's line, as a file begins with it. */
export const encodeHeader = (header: SnapshotHeader): Buffer => Buffer.from(`${JSON.stringify(header)}\n`);

/**
 * Reads the header of an open file.
 * @returns the header, and the length of its line in bytes
 * @throws SnapshelfError `snapshot-invalid`.
 */
export function readHeader(file: number, path: string): { header: SnapshotHeader; length: number } {
  const start = Buffer.alloc(maxHeaderBytes);
  const end = start.subarray(0, readSync(file, start, 0, maxHeaderBytes, 0)).indexOf('\n');
  const json = end === -1 ? undefined : jsonOrUndefined(start.toString('utf8', 0, end));
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) throw invalidSnapshot(path, 'it does not begin as a snapshot of this version does');
  return { header: parsed.data, length: end + 1 };
}
