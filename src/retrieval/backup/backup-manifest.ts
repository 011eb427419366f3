import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';

/** The name of the manifest in an archive. It is the last file: an archive without it is cut short. */
export const manifestName = 'backup.json';

/** The most bytes of a manifest. */
export const maxManifestBytes: number = 16 * 2 ** 20;
/** The most models, and the most collections, of an archive. */
export const maxParts = 10_000;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().min(1);

const manifestSchema = z.strictObject({
  format: z.literal('snapshelf-backup'),
  version: z.literal(1),
  /** ISO 8601. */
  createdAt: z.iso.datetime(),
  models: z.array(z.strictObject({ sha256: hash, bytes })).max(maxParts),
  collections: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
        sha256: hash,
        bytes,
      }),
    )
    .max(maxParts),
});

/** The list of what an archive holds. */
export type BackupManifest = Readonly<z.infer<typeof manifestSchema>>;

/** Returns the name of a model in an archive. */
export const modelEntry = (id: string): string => `models/${id}.onnx`;

/** Returns the name of a collection's snapshot in an archive. */
export const snapshotEntry = (collection: string): string => `collections/${collection}.snapshot`;

/** Makes the `backup-invalid` error about a file. */
export const invalidBackup = (path: string, why: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('backup-invalid', `${path} is not a whole backup. ${why} Nothing was restored.`, {
    cause,
    details: { path },
  });

/** Checks a manifest. @throws ZodError if it is none. */
export const parseManifest = (value: unknown): BackupManifest => manifestSchema.parse(value);
