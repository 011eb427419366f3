import type { AnswerOf } from 'snapshelf/client';

/** A page of what the search for near-duplicates has found. */
export type DuplicatesPart = Pick<AnswerOf<'getFoundDuplicates'>, 'results' | 'next'>;
type Group = DuplicatesPart['results'][number];

/** Puts the groups of pages together: one may go on in the next page. */
export function joinGroups(pages: readonly Pick<DuplicatesPart, 'results'>[]): readonly Group[] {
  const groups = new Map<number, Group>();
  for (const one of pages.flatMap(({ results }) => results)) {
    const before = groups.get(one.group);
    groups.set(one.group, before === undefined ? one : { ...before, items: [...before.items, ...one.items] });
  }
  return [...groups.values()];
}
