import type { CollectionInfo, Engine, Hit, SearchAnswer, SearchOptions } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import {
  acceptanceAt,
  type Calibration,
  changedShare,
  checkRate,
  confidenceOf,
  dueAt,
  type JudgedHit,
  leastRate,
  misfit,
} from '../../matching/index.ts';
import type { JudgedAnswer, NoMatch, Query } from '../types.ts';
import { type Calibrations, notCalibrated } from './calibrations.ts';
import { categoryOf } from './category.ts';

/** A search whose answers are judged. */
export interface JudgedSearch {
  readonly name: string;
  readonly vector: Float32Array;
  readonly options: SearchOptions;
  /** Undefined: answers are told their confidence, where there is a calibration, and none is left out. */
  readonly maxFalseMatch: number | undefined;
  readonly query: Query;
}

/** True for a query by one picture, or by an item as if it were one: a calibration says nothing of others. */
const isOfOne = (query: Query): boolean =>
  'vector' in query || 'image' in query || ('itemId' in query && query.ownProduct === true);

/**
 * Searches, and judges the answers by the calibration of the collection.
 * @throws SnapshelfError `not-calibrated`, `too-few-pairs`, `query-invalid` with `maxFalseMatch`; else as `Engine.search`.
 * @throws RangeError for a `maxFalseMatch` out of range.
 */
export async function judgedSearch(
  gallery: Engine,
  calibrations: Calibrations,
  search: JudgedSearch,
): Promise<JudgedAnswer> {
  const { name, vector, options, maxFalseMatch, query } = search;
  if (maxFalseMatch !== undefined) checkRate(maxFalseMatch);
  const isJudged = isOfOne(query);
  if (maxFalseMatch !== undefined && !isJudged)
    throw new SnapshelfError(
      'query-invalid',
      'A rate of false matches can be promised for a query by one picture or vector, or by an item with its own product (ownProduct), and for no other.',
    );
  const found = gallery.search(name, vector, options);
  if (!isJudged) return found;
  // The search may fail first, and nobody would hear of it.
  found.catch(() => {});
  if (await calibrations.isNone(name)) {
    if (maxFalseMatch !== undefined) throw notCalibrated(name, 'missing');
    return found;
  }
  const now = await gallery.info(name);
  const calibration = await calibrations.of(now);
  const why = typeof calibration === 'object' ? misfit(calibration, now) : (calibration ?? 'missing');
  if (typeof calibration !== 'object' || why !== undefined) {
    if (maxFalseMatch !== undefined) throw notCalibrated(name, why ?? 'missing');
    return found;
  }
  const accepts = maxFalseMatch === undefined ? undefined : acceptanceAt(calibration, maxFalseMatch, now);
  const [answer, nearest] = await Promise.all([found, nearestProducts(gallery, search, found)]);
  return judge(answer, nearest, { calibration, now, accepts, isFirst: options.after === undefined });
}

/**
 * The two nearest products of the whole collection: what a filter leaves out is a rival too, so that a threshold holds for any
 * filter. A search without one knows them.
 */
async function nearestProducts(
  gallery: Engine,
  { name, vector, options }: JudgedSearch,
  found: Promise<SearchAnswer>,
): Promise<readonly Hit[]> {
  const { filter, minScore, after, group, excludeProducts, exclude, k = 10 } = options;
  const isWhole = [filter, minScore, after, exclude, excludeProducts].every((one) => one === undefined);
  const { hits, next } = await found;
  if (isWhole && group !== 'item' && k >= 2 && (hits.length >= 2 || next === null)) return hits;
  const { ef, exact, modelId, signal } = options;
  return (await gallery.search(name, vector, { k: 2, exclude, ef, exact, modelId, signal })).hits;
}

interface Judging {
  readonly calibration: Calibration;
  readonly now: CollectionInfo;
  readonly accepts: ((hit: JudgedHit) => boolean) | undefined;
  /** True for the first page: of a later one the answers stood on those before. */
  readonly isFirst: boolean;
}

function judge(
  answer: SearchAnswer,
  [first, second]: readonly Hit[],
  { calibration, now, accepts, isFirst }: Judging,
): JudgedAnswer {
  const judged = answer.hits.map((hit): JudgedHit => {
    const isNearest = first === undefined || hit.item.productId === first.item.productId;
    const rival = (isNearest ? second : first)?.score;
    return { score: hit.score, rival, category: categoryOf(hit.item, calibration.category), isNearest };
  });
  const hits = answer.hits.map((hit, i) => ({
    ...hit,
    confidence: confidenceOf(calibration, judged[i] as JudgedHit),
  }));
  const changed = changedShare(calibration, now);
  const told = { calibration: { changed, isDue: changed >= dueAt, leastRate: leastRate(calibration) } };
  if (accepts === undefined) return { ...answer, hits, ...told };
  // Whatever follows an answer that is not accepted is none either: that the nearest passes is what the threshold bounds.
  const refused = judged.findIndex((hit) => !accepts(hit));
  const accepted = refused < 0 ? hits : hits.slice(0, refused);
  const next = refused < 0 ? answer.next : null;
  if (accepted.length > 0 || !isFirst) return { ...answer, hits: accepted, next, ...told };
  const [best] = hits;
  const noMatch: NoMatch =
    best === undefined ? { reason: 'nothing-found' } : { reason: 'uncertain', confidence: best.confidence };
  return { ...answer, hits: [], next: null, noMatch, ...told };
}
