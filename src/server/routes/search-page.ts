import type { Request } from 'express';
import type { RetrieverAnswer } from '../../retrieval/index.ts';
import type { SearchPage } from '../operations/search-answers.ts';
import { itemWithLinks } from './item-answers.ts';
import { parameter } from './route.ts';

const resultOf = (
  request: Request,
  { item, score, distance, confidence, rerankDistance }: RetrieverAnswer['hits'][number],
  rank: number,
): SearchPage['results'][number] => ({
  rank,
  score,
  distance,
  ...(confidence !== undefined && { confidence }),
  ...(rerankDistance !== undefined && { rerankDistance }),
  item: itemWithLinks(request, item),
});

/** Returns a page of results as it is answered. */
export function searchPage(
  request: Request,
  {
    model,
    hits,
    next,
    total,
    hidden,
    damaged,
    facets,
    noMatch,
    calibration,
    ranking,
    crop,
    crops,
    searched,
    timings,
  }: RetrieverAnswer,
  totalMs: number,
): SearchPage {
  const { metric, ...how } = searched;
  return {
    collection: parameter(request, 'collection'),
    model,
    metric,
    searched: how,
    timings: { ...timings, totalMs },
    results: hits.map((hit, i) => resultOf(request, hit, i + 1)),
    ...(ranking !== undefined && { ranking }),
    ...(crop !== undefined && { crop }),
    ...(crops !== undefined && { crops }),
    next,
    total,
    hidden,
    ...(damaged !== undefined && { damaged }),
    ...(facets !== undefined && { facets }),
    ...(noMatch !== undefined && { noMatch }),
    ...(calibration !== undefined && { calibration }),
  };
}
