import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import type { Filter } from '../search-types.ts';

/** Deeper than any filter that is accepted. */
const maxDepth = 20;

/**
 * Checks that a filter that selects what to delete names at least one condition that an item can fail: programs make an
 * empty "and" of conditions that they forgot.
 *
 * @throws SnapshelfError `filter-invalid`
 */
export function checkDeleteFilter(filter: Filter): void {
  if (constantOf(filter, 0) !== true) return;
  throw new SnapshelfError(
    'filter-invalid',
    `The filter ${shown(filter)} lets every item through, whatever it is. Nothing was deleted: name a condition, or drop the collection to delete all of it.`,
  );
}

/** Returns what a filter says of every item by its form alone; undefined if that depends on the item, or it is malformed. */
function constantOf(filter: unknown, depth: number): boolean | undefined {
  if (depth > maxDepth || typeof filter !== 'object' || filter === null) return undefined;
  if ('in' in filter) return Array.isArray(filter.in) && filter.in.length === 0 ? false : undefined;
  if ('not' in filter) {
    const inner = constantOf(filter.not, depth + 1);
    return inner === undefined ? undefined : !inner;
  }
  if ('and' in filter) return combined(filter.and, false, depth);
  return 'or' in filter ? combined(filter.or, true, depth) : undefined;
}

/** One part that is `decisive` decides; all of the others have to be known. */
function combined(parts: unknown, decisive: boolean, depth: number): boolean | undefined {
  if (!Array.isArray(parts)) return undefined;
  const known = parts.map((part) => constantOf(part, depth + 1));
  if (known.includes(decisive)) return decisive;
  return known.includes(undefined) ? undefined : !decisive;
}
