import type { LabelledVectors } from '../types.ts';
import type { LabelConflicts } from './label-schema.ts';

/** Pictures that are shown of all that have several labels. */
const mostPictures = 100;

/** Items that are shown of one picture. */
const mostItems = 10;

type Item = LabelConflicts['shown'][number][number];

/** Adds the items of one side to those with the same picture. */
function group(
  groups: Map<string, Item[]>,
  side: Item['side'],
  { ids, labels, hashes }: LabelledVectors,
): void {
  for (const [row, hash] of (hashes ?? []).entries()) {
    if (hash === '') continue;
    const items = groups.get(hash);
    const item = { side, id: ids[row] ?? '', label: labels[row] ?? '' };
    if (items === undefined) groups.set(hash, [item]);
    else items.push(item);
  }
}

/** Keeps the first item of each label, then others, so that all labels are seen. */
function shownOf(items: readonly Item[]): Item[] {
  const first = items.filter((item, at) => items.findIndex(({ label }) => label === item.label) === at);
  return [...first, ...items.filter((item) => !first.includes(item))].slice(0, mostItems);
}

/**
 * Finds pictures that are there under several labels, in queries and gallery together: all but one of these labels are
 * wrong, or pictures are relevant to each other that are not counted so.
 * @returns null if the pictures are not known.
 */
export function labelConflicts(
  queries: LabelledVectors,
  gallery: LabelledVectors | undefined,
): LabelConflicts | null {
  if (queries.hashes === undefined || (gallery !== undefined && gallery.hashes === undefined)) return null;
  const groups = new Map<string, Item[]>();
  group(groups, 'query', queries);
  if (gallery !== undefined) group(groups, 'gallery', gallery);
  const conflicts = [...groups.values()].filter((items) =>
    items.some(({ label }) => label !== items[0]?.label),
  );
  return { pictures: conflicts.length, shown: conflicts.slice(0, mostPictures).map(shownOf) };
}
