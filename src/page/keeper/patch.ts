import type { Json } from 'snapshelf/client';

/** Returns the merge patch that makes one object another: keys that are gone are null. */
export function patchOf(
  before: Readonly<Record<string, Json>>,
  after: Readonly<Record<string, Json>>,
): Readonly<Record<string, Json>> {
  const gone = Object.keys(before).filter((key) => !(key in after));
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...after };
}
