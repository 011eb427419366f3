import { createHash } from 'node:crypto';
import { SnapshelfError } from '../../errors.ts';
import type { Item } from '../types.ts';
import type { Expected } from '../write-types.ts';

/** Returns the revision of an item: a text that every change of it makes another one. */
export const revisionOf = (item: Item): string =>
  createHash('sha256').update(JSON.stringify(item)).digest('base64url').slice(0, 22);

/**
 * Checks that an item is as a write expects it.
 *
 * @param stored - The item as it is stored; undefined if there is none.
 * @throws SnapshelfError `item-changed`
 */
export function checkExpected(id: string, stored: Item | undefined, expected: Expected): void {
  if (expected === 'none' ? stored === undefined : stored !== undefined && isOneOf(stored, expected)) return;
  const why =
    expected === 'none'
      ? 'is there already'
      : stored === undefined
        ? 'is not there'
        : 'has been changed since it was read';
  throw new SnapshelfError(
    'item-changed',
    `The item ${JSON.stringify(id)} ${why}. Nothing was changed. Read it again, and send its present revision.`,
    { details: { id } },
  );
}

const isOneOf = (stored: Item, expected: readonly string[] | 'any'): boolean =>
  expected === 'any' || expected.includes(revisionOf(stored));
