import { SnapshelfError } from '../errors.ts';
import { counted, listed } from '../text.ts';
import type { LabelledVectors } from './types.ts';

/** Labels that a message names. */
const mostNamed = 5;

const named = (labels: ReadonlySet<string>): string =>
  listed(
    [...labels].slice(0, mostNamed).map((label) => `"${label}"`),
    labels.size,
  );

function checkCounts(queries: number, gallery: number): void {
  if (queries > 0 && gallery > 0) return;
  throw new SnapshelfError(
    'nothing-relevant',
    `No query has anything to find: there is nothing to search for or among: ${counted(queries, 'query', 'queries')}, ${counted(gallery, 'vector')} in the gallery. Give at least one of each.`,
  );
}

/**
 * Checks that a query has something to find.
 * @throws SnapshelfError `nothing-relevant` if no label of the queries is in the gallery, or in self-retrieval there twice.
 */
export function checkLabels(queries: LabelledVectors, gallery: LabelledVectors | undefined): void {
  const asked = new Set(queries.labels);
  if (gallery === undefined) {
    if (asked.size < queries.labels.length) return;
    throw new SnapshelfError(
      'nothing-relevant',
      `No query has anything to find: each of the ${asked.size} labels (${named(asked)}) has one picture only. Give at least two pictures of a label.`,
    );
  }
  checkCounts(queries.labels.length, gallery.labels.length);
  const held = new Set(gallery.labels);
  if (queries.labels.some((label) => held.has(label))) return;
  throw new SnapshelfError(
    'nothing-relevant',
    `No query has anything to find: queries and gallery have no label in common. The queries have ${named(asked)}, the gallery has ${named(held)}. Name the labels alike.`,
  );
}

/** The K of a report, and those that the gallery is too small for. */
export interface UsableKs {
  readonly ks: readonly number[];
  readonly leftOut: readonly number[];
}

/** Leaves out each K above 1 that is above the number of items a query is searched among: its recall would be that of all. */
export function usableKs(
  ks: readonly number[],
  queries: LabelledVectors,
  gallery: LabelledVectors | undefined,
): UsableKs {
  const items = gallery === undefined ? queries.ids.length - 1 : gallery.ids.length;
  const fits = (k: number): boolean => k <= Math.max(1, items) || !Number.isSafeInteger(k);
  return { ks: ks.filter(fits), leftOut: ks.filter((k) => !fits(k)) };
}
