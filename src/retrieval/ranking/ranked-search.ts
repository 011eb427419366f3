import type { SearchAnswer, SearchOptions } from '../../engine/index.ts';
import { byMeanOfViews } from './mean-views.ts';
import type { Place } from './nearest-items.ts';
import type { RankedHit, RankingOptions, RankingReport } from './ranking-types.ts';
import { expanded, type Reordered, reranked } from './rerank.ts';

/** An answer, with the way that its order came about. */
export interface RankedAnswer extends SearchAnswer {
  readonly hits: RankedHit[];
  readonly ranking?: RankingReport | undefined;
}

/** A search with the vector that it is by. */
export interface RankedSearch {
  readonly vector: Float32Array;
  /** Undefined if no option changes the order of answers. */
  readonly search?: (() => Promise<RankedAnswer>) | undefined;
}

/** Prepares a search with options that change the order of answers, which were checked: expands its query. */
export async function toRankedSearch(
  place: Place,
  given: Float32Array,
  options: SearchOptions,
  { expand, rerank, views }: RankingOptions,
): Promise<RankedSearch> {
  if (expand === undefined && rerank === undefined && views !== 'mean') return { vector: given };
  const { vector, expandedBy } =
    expand === undefined
      ? { vector: given, expandedBy: undefined }
      : await expanded(place, given, options, expand);
  const report = ({ depth, ...answer }: Reordered): RankedAnswer => ({
    ...answer,
    ranking: { ...(expandedBy !== undefined && { expandedBy }), depth },
  });
  const plain = async (): Promise<RankedAnswer> => {
    const answer = await place.gallery.search(place.collection, vector, options);
    return { ...answer, ranking: { expandedBy } };
  };
  const search = async (): Promise<RankedAnswer> => {
    if (rerank !== undefined) return report(await reranked(place, vector, options, rerank));
    return views === 'mean' ? report(await byMeanOfViews(place, vector, options)) : plain();
  };
  return { vector, search };
}
