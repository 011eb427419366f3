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

const bearer = /^Bearer +(\S+) *$/i;

/**
 * Returns the different keys that a request brings, in `X-Api-Key` and as `Authorization: Bearer`, repeated headers included. A key
 * in an address is none: addresses stand in logs and histories.
 */
export function keysOf({ headers, headersDistinct }: IncomingMessage): string[] {
  const own = headers['x-api-key'];
  const { authorization = '' } = headers;
  // Node leaves out all but the first of these.
  const repeated = headersDistinct['authorization'] ?? [];
  const sent = repeated.length > 1 ? repeated : [authorization];
  const bearers = sent.flatMap((value) => bearer.exec(value)?.[1] ?? []);
  return [...new Set(own === undefined ? bearers : [String(own), ...bearers])];
}

/** True for a text that is looked at as a key. */
export const mayBeKey = (text: string): boolean => text.length <= longest;
