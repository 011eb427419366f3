import type { Engine, Hit, SearchAnswer, SearchOptions } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { Matrix } from '../../vectors/index.ts';

/** A collection to search. */
export interface Place {
  readonly gallery: Engine;
  readonly collection: string;
}

/** The most answers of one page. */
const largestPage = 1000;

/** The nearest items, and the answer of the first page. */
export interface NearestItems {
  readonly hits: readonly Hit[];
  readonly first: SearchAnswer;
  /** True if none is behind them. */
  readonly complete: boolean;
}

/** Finds the `count` nearest items: a page of much metadata may end earlier. */
export async function nearestItems(
  { gallery, collection }: Place,
  vector: Float32Array,
  options: SearchOptions,
  count: number,
): Promise<NearestItems> {
  const asked = { ...options, group: 'item', after: undefined } as const;
  let page = await gallery.search(collection, vector, { ...asked, k: Math.min(count, largestPage) });
  const first = page;
  const hits = [...page.hits];
  while (page.next !== null && hits.length < count) {
    const k = Math.min(count - hits.length, largestPage);
    page = await gallery.search(collection, vector, { ...asked, k, after: page.next });
    hits.push(...page.hits);
  }
  return { hits, first, complete: page.next === null };
}

/** Times that a search is done anew because one of its items was deleted meanwhile. */
const mostTries = 3;

/**
 * Finds the nearest items with their raw vectors.
 * @throws SnapshelfError as `Engine.search` and `Engine.vectors`.
 */
export async function nearestVectors(
  place: Place,
  vector: Float32Array,
  options: SearchOptions,
  count: number,
): Promise<NearestItems & { readonly matrix: Matrix }> {
  for (let tries = 1; ; tries++) {
    const found = await nearestItems(place, vector, options, count);
    const ids = found.hits.map(({ item }) => item.id);
    try {
      const vectors = await place.gallery.vectors(place.collection, ids);
      const dimension = vector.length;
      if (vectors.length === ids.length * dimension) return { ...found, matrix: { vectors, dimension } };
      throw new SnapshelfError(
        'model-mismatch',
        `The model of ${place.collection} has changed meanwhile. Search again.`,
      );
    } catch (error) {
      const isGone = error instanceof SnapshelfError && error.code === 'item-not-found';
      if (!isGone || tries === mostTries) throw error;
    }
  }
}
