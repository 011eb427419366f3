import { readSync } from 'node:fs';
import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';
import { jsonOrUndefined } from '../../json/index.ts';
import { isName } from '../checks/validate.ts';

const maxHeaderBytes = 4096;

const header = z.strictObject({
  format: z.literal('snapshelf-snapshot'),
  version: z.literal(1),
  collection: z.string().refine(isName, 'is no name of a collection'),
  bytes: z.int().min(512),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The first line of a snapshot; the database follows it. */
export interface SnapshotHeader {
  readonly format: 'snapshelf-snapshot';
  readonly version: 1;
  /** The collection's name when the snapshot was made. */
  readonly collection: string;
  /** Length of the database. */
  readonly bytes: number;
  /** Hex, of the database. */
  readonly sha256: string;
}

/** The `snapshot-invalid` error about a file. */
export const invalid = (path: string, why: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('snapshot-invalid', `${path} is not a whole snapshot: ${why}. Nothing was restored.`, {
    cause,
    details: { path },
  });

/** The header's line, as a file begins with it. */
export const encodeHeader = (fields: SnapshotHeader): Buffer => Buffer.from(`${JSON.stringify(fields)}\n`);

/** The header of an open file and the length of its line in bytes. Throws `snapshot-invalid`. */
export function readHeader(file: number, path: string): { header: SnapshotHeader; length: number } {
  const start = Buffer.alloc(maxHeaderBytes);
  const end = start.subarray(0, readSync(file, start, 0, maxHeaderBytes, 0)).indexOf('\n');
  const parsed = header.safeParse(end === -1 ? undefined : jsonOrUndefined(start.toString('utf8', 0, end)));
  if (!parsed.success) throw invalid(path, 'it does not begin as a snapshot of this version does');
  return { header: parsed.data, length: end + 1 };
}
