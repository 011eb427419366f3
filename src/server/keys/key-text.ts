import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Begins every key, so that scanners of repositories and logs find one that got there. */
const prefix = 'snapshelf_';

/** Makes a key: 256 random bits as text. */
export const newKey = (): string => `${prefix}${randomBytes(32).toString('base64url')}`;

/** Makes the id of a key, which is no secret. */
export const newKeyId = (): string => randomBytes(6).toString('hex');

/** Returns what is kept of a key. 256 random bits need no salt and no slow hash: nobody can try them all. */
export const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();

/** True if both digests are the same; takes as long wherever they differ. */
export const isSameDigest = (a: Buffer, b: Buffer): boolean => timingSafeEqual(a, b);

/** Longest text that is looked at as a key, in characters. */
const longest = 512;

/**
 * Returns the key that a request brings, in `X-Api-Key` or as `Authorization: Bearer`; undefined if it brings none. A key in an
 * address is none: addresses stand in logs and histories.
 */
export function keyOf({ headers }: IncomingMessage): string | undefined {
  const own = headers['x-api-key'];
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  const key = own === undefined ? bearer : String(own);
  return key !== undefined && key.length <= longest ? key : undefined;
}
