import { z } from 'zod';
import { changeRecord, type Records } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
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

/** A key as `keys.json` of a data folder, or of an engine, keeps it. */
export type StoredKey = z.output<typeof key>;

/** Checks a key that is made. @throws ZodError. */
export const checkStoredKey = (stored: StoredKey): StoredKey => key.parse(stored);

/** The path of the record of the keys. */
const path = 'keys.json';

/** The keys as they were read. */
export interface ReadKeys {
  readonly keys: StoredKey[];
  readonly version: string;
}

const print = (keys: readonly StoredKey[]): string =>
  `${JSON.stringify({ formatVersion: 1, keys }, undefined, 1)}\n`;

function parse(records: Records, content: Buffer): StoredKey[] {
  try {
    const values = maxKeys * (maxCollections + 12);
    return file.parse(parseJsonWithin(content.toString('utf8'), { values })).keys;
  } catch (cause) {
    throw unreadable(records, cause);
  }
}

function unreadable(records: Records, cause: unknown): SnapshelfError {
  const why = cause instanceof z.ZodError ? 'Its content is not that of keys.' : (cause as Error).message;
  return new SnapshelfError(
    'keys-invalid',
    `The keys in ${records.placeOf(path)} cannot be read: ${asSentence(why)} Put it back, or remove it and make new keys.`,
    { cause: cause instanceof z.ZodError ? undefined : cause },
  );
}

/**
 * Reads the keys; undefined if none were ever made.
 * @throws SnapshelfError `keys-invalid` for a record that is not what this program writes: nobody is served by half a list;
 * `engine-unavailable`.
 */
export async function readKeys(records: Records): Promise<ReadKeys | undefined> {
  const found = await records.read(path, largestFile).catch((cause: unknown) => {
    throw cause instanceof SnapshelfError ? cause : unreadable(records, cause);
  });
  return found && { keys: parse(records, found.content), version: found.version };
}

/** Reads the keys if they are not those of a version that is known; undefined if they are. @throws as `readKeys`. */
export async function readChangedKeys(
  records: Records,
  known: string | undefined,
): Promise<ReadKeys | undefined> {
  return (await records.versionOf(path)) === known ? undefined : readKeys(records);
}

/**
 * Changes the keys, durably, with no change of another server in between.
 * @param change makes the new list of the one that is kept; it may be called more than once
 * @throws SnapshelfError `keys-invalid`, `disk-full`, `not-writable`, `engine-unavailable`; the errors of `change`.
 */
export async function changeKeys<T>(
  records: Records,
  change: (keys: readonly StoredKey[]) => { readonly keys: readonly StoredKey[]; readonly answer: T },
): Promise<ReadKeys & { readonly answer: T }> {
  const { answer, version } = await changeRecord(records, path, largestFile, (content) => {
    const { keys, answer: made } = change(content === undefined ? [] : parse(records, content));
    return { content: print(keys), answer: { keys: [...keys], answer: made } };
  });
  return { ...answer, version };
}
