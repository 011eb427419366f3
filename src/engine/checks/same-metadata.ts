import { isDeepStrictEqual } from 'node:util';

/** True if two JSON texts hold the same values, in whatever order of keys. */
export const sameMetadata = (stored: string, given: string): boolean =>
  stored === given || isDeepStrictEqual(JSON.parse(stored), JSON.parse(given));
