import type { Engine, Hit, Item } from '../../engine/index.ts';
import { thresholdOf } from './threshold.ts';

/** Options of `Retriever.duplicates`. */
export interface DuplicatesOptions {
  /** The score from which two pictures count as nearly identical, above 0 and at most 1. Default under cosine 0.95; else none. */
  readonly threshold?: number | undefined;
  /** Duplicates that are listed at most, 1 to 1,000. Default 100. */
  readonly limit?: number | undefined;
  /** True compares with every item instead of asking the HNSW index. Default false. */
  readonly exact?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An item that is nearly identical to another one. */
export interface Duplicate extends Hit {
  /** True if the pictures of both are the same bytes. */
  readonly identical: boolean;
}

/** The duplicates of an item. */
export interface DuplicatesAnswer {
  readonly item: Item;
  readonly threshold: number;
  /** The nearest first. */
  readonly duplicates: Duplicate[];
  /** True if there are more than the limit. */
  readonly more: boolean;
  readonly searched: 'exact' | 'hnsw';
}

/** True if the pictures of two items are the same bytes, as they were sent or as they are stored. */
export const areIdentical = (a: Item, b: Item): boolean =>
  (a.imageHash !== '' && a.imageHash === b.imageHash) || (a.sentHash !== '' && a.sentHash === b.sentHash);

/**
 * Lists the items that are nearly identical to an item; see `Retriever.duplicates`.
 * @throws SnapshelfError as `Engine.search`. @throws RangeError for options out of range.
 */
export async function duplicatesOf(
  gallery: Engine,
  name: string,
  itemId: string,
  { threshold: given, limit = 100, exact, signal }: DuplicatesOptions,
): Promise<DuplicatesAnswer> {
  const { metric } = await gallery.info(name);
  const threshold = thresholdOf(metric, given);
  const item = await gallery.get(name, itemId);
  const vector = await gallery.vector(name, item.id);
  const answer = await gallery.search(name, vector, {
    k: limit,
    group: 'item',
    minScore: threshold,
    exclude: [item.id],
    exact,
    signal,
  });
  return {
    item,
    threshold,
    duplicates: answer.hits.map((hit) => ({ ...hit, identical: areIdentical(item, hit.item) })),
    more: answer.next !== null,
    searched: answer.searched.kind,
  };
}
