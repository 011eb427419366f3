import { checkName } from '../../engine/index.ts';
import { checkLevel, type Level } from '../access/level.ts';

/** Settings of a new key. */
export interface KeySettings {
  /** A name for people, 1 to 100 characters. Default: the level and a number. */
  readonly name?: string | undefined;
  /** The part of the API that it opens. */
  readonly level: Level;
  /** Names of the collections that it is for, which need not exist yet. Default: all. */
  readonly collections?: readonly string[] | undefined;
  /** The moment from which it is valid no longer. Default: never. */
  readonly expiresAt?: Date | undefined;
}

/** Settings of a key in the form that is kept. */
export interface CheckedSettings {
  readonly name: string | undefined;
  readonly level: Level;
  readonly collections: string[] | null;
  readonly expiresAt: string | null;
}

/**
 * Checks the settings of a new key.
 * @throws TypeError, RangeError; SnapshelfError `id-invalid` for what is no name of a collection.
 */
export function checkSettings({ name, level, collections, expiresAt }: KeySettings): CheckedSettings {
  checkLevel(level);
  if (name !== undefined && (typeof name !== 'string' || !/^[^\p{Cc}\p{Cs}]{1,100}$/u.test(name)))
    throw new TypeError(
      `name must have 1 to 100 characters and no control characters, not ${JSON.stringify(name)}.`,
    );
  const only = collections === undefined ? null : [...new Set(collections)];
  if (only !== null && (only.length === 0 || only.length > 100))
    throw new RangeError(`collections must name 1 to 100 collections, not ${only.length}.`);
  for (const collection of only ?? []) checkName(collection);
  if (expiresAt !== undefined && !(expiresAt.getTime() > Date.now()))
    throw new RangeError(`expiresAt must be a moment to come, not ${String(expiresAt)}.`);
  return { name, level, collections: only, expiresAt: expiresAt?.toISOString() ?? null };
}
