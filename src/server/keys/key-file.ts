import { lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';
import { readFileWithin, writeAtomically } from '../../files/index.ts';
import { asSentence, parseJsonWithin } from '../../json/index.ts';
import { levels } from '../access/level.ts';

/** Most keys of a folder, revoked ones included. */
export const maxKeys = 1000;
/** Most collections that a key may name. */
const maxCollections = 100;
const largestFile = 16 * 2 ** 20;

const time = z.iso.datetime();

const key = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string().min(1).max(100),
  /** SHA-256 of the key: the key itself is kept nowhere. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  level: z.enum(levels),
  /** The collections that it is for; null: all. */
  collections: z.array(z.string().min(1).max(64)).min(1).max(maxCollections).nullable(),
  createdAt: time,
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable(),
  revokedAt: time.nullable(),
});

const file = z.strictObject({ formatVersion: z.literal(1), keys: z.array(key).max(maxKeys) });

/** A key as `keys.json` of a data folder keeps it. */
export type StoredKey = z.output<typeof key>;

/** Checks a key that is made. @throws ZodError. */
export const checkStoredKey = (stored: StoredKey): StoredKey => key.parse(stored);

const pathOf = (data: string): string => join(data, 'keys.json');

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/**
 * Reads the keys of a data folder; undefined if none were ever made.
 * @throws SnapshelfError `keys-invalid` for a file that is not what this program writes: nobody is served by half a list.
 */
export async function readKeyFile(data: string): Promise<StoredKey[] | undefined> {
  const path = pathOf(data);
  try {
    if (!(await lstat(path)).isFile()) throw new RangeError('It is a link or no regular file.');
    const text = (await readFileWithin(path, largestFile)).toString('utf8');
    return file.parse(parseJsonWithin(text, { values: maxKeys * (maxCollections + 12) })).keys;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    const why = cause instanceof z.ZodError ? 'Its content is not that of keys.' : (cause as Error).message;
    throw new SnapshelfError(
      'keys-invalid',
      `The keys of the data folder, ${path}, cannot be read: ${asSentence(why)} Put the file back, or remove it and make new keys.`,
      { cause: cause instanceof z.ZodError ? undefined : cause },
    );
  }
}

/** Writes the keys of a data folder, for this user alone, durably. @throws SnapshelfError `disk-full`, `not-writable`. */
export async function writeKeyFile(data: string, keys: readonly StoredKey[]): Promise<void> {
  const text = `${JSON.stringify({ formatVersion: 1, keys }, undefined, 1)}\n`;
  await writeAtomically(pathOf(data), (temporary) => writeFile(temporary, text, { flag: 'wx', mode: 0o600 }));
}
