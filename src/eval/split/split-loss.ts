import type { Engine, Filter } from '../../engine/index.ts';
import type { StoredPrecision } from '../../engines/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { counted } from '../../text.ts';
import { type EvaluationInput, sortById } from '../evaluation-input.ts';
import type { LabelledVectors, MetricChoice } from '../types.ts';
import { Lines, splitTitles } from './lines.ts';
import type { ModelStage } from './model-stages.ts';
import { type SearchedCollection, type SearchedStage, type SearchWay, searchStage } from './search-stage.ts';
import type { SplitLoss, SplitStage } from './split-schema.ts';
import { spread } from './spread.ts';
import { type ExactMeasures, measureExactly, namesOf, pickRows } from './stage-measures.ts';
import { type ItemFacts, indexBytes, withTemporaryCollection } from './temporary-collection.ts';

/** The collection of a data folder that holds the gallery. */
export interface LiveCollection {
  readonly engine: Engine;
  readonly name: string;
  /** The data folder, whose index is weighed. */
  readonly data: string;
  /** The filter that separates the gallery from the collection's other items. */
  readonly filter?: Filter | undefined;
}

/** The sources of the lines of a `SplitLoss`, besides the vectors that are evaluated. */
export interface SplitSource {
  /** The metric of a live collection, under which it searches. Default: the first of the evaluation. */
  readonly choice?: MetricChoice | undefined;
  /** The lines before the search, in order; the last with vectors is of those that are evaluated. */
  readonly models: readonly ModelStage[];
  /** Default: a collection is made of the gallery for the time of the evaluation. */
  readonly live?: LiveCollection | undefined;
  /** Products, metadata and splits of the gallery's items, for products and filters. */
  readonly factsOf?: ((id: string) => ItemFacts | undefined) | undefined;
  /** The filter that users search with. */
  readonly filter?: Filter | undefined;
  /** The precision in which vectors stand in memory. Default `float32`. */
  readonly storedPrecision?: StoredPrecision | undefined;
}

/** Options of `splitLoss`. */
export interface SplitLossOptions extends MetricChoice {
  /** K of Recall@K, 1 among them. */
  readonly ks: readonly number[];
  /** Seed of the intervals. */
  readonly seed: number;
  readonly provider?: Parameters<typeof measureExactly>[4]['provider'];
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

/**
 * Measures where recall is lost: the same queries through float32, the int8 model, shortened vectors, vectors as they are
 * stored, the index, the filter and one answer per product, each line against the line above.
 * @param evaluated What is evaluated, its rows in the order of their ids.
 * @throws SnapshelfError `nothing-relevant`, else as `knn` and `Engine.search`; the reason of the signal.
 */
export async function splitLoss(
  { queries, gallery }: EvaluationInput,
  source: SplitSource,
  options: SplitLossOptions,
): Promise<SplitLoss> {
  const { ks, seed, metric, metricOptions } = options;
  const exact = await measureModels(queries.ids, source.models, options);
  const [first] = exact.values();
  const rows = spread(first?.counted ?? []);
  if (rows.length === 0)
    throw new SnapshelfError(
      'nothing-relevant',
      'No query has a relevant item in the gallery: no recall can be lost.',
    );
  const lines = new Lines(
    namesOf(ks),
    rows.map((row) => queries.ids[row] ?? ''),
    seed,
  );
  for (const one of source.models) addModel(lines, one, exact.get(one.stage), rows);
  await addSearches({ queries, gallery, rows, lines, source, options });
  return {
    metric,
    ...(metricOptions && { metricOptions }),
    queries: rows.length,
    items: (gallery ?? queries).ids.length,
    ks,
    rows: lines.rows,
  };
}

/** Measures the stages that have vectors of the evaluated queries. */
async function measureModels(
  ids: readonly string[],
  models: readonly ModelStage[],
  options: SplitLossOptions,
): Promise<Map<SplitStage, ExactMeasures>> {
  const exact = new Map<SplitStage, ExactMeasures>();
  for (const one of models) {
    if (!('vectors' in one)) continue;
    const onProgress = (done: number, total: number): void =>
      options.onProgress?.(splitTitles[one.stage], done, total);
    const queries = sortById(one.vectors.queries);
    const gallery = one.vectors.gallery && sortById(one.vectors.gallery);
    if (queries.ids.length !== ids.length || queries.ids.some((id, row) => id !== ids[row]))
      throw new RangeError(
        `The vectors of the stage ${one.stage} must be of the same queries as the others.`,
      );
    const how = { ...options, onProgress };
    exact.set(one.stage, await measureExactly(queries, gallery, options, options.ks, how));
  }
  return exact;
}

function addModel(
  lines: Lines,
  one: ModelStage,
  exact: ExactMeasures | undefined,
  rows: readonly number[],
): void {
  if (!('vectors' in one)) {
    lines.missing(one.stage, one.missing);
    return;
  }
  const { milliseconds, queries } = one.vectors;
  lines.add(one.stage, pickRows((exact as ExactMeasures).measures, rows), {
    milliseconds: milliseconds === undefined ? null : { of: 'embedding', median: milliseconds },
    bytesPerItem: 4 * queries.dimension,
    note: one.note,
  });
}

interface Searches {
  readonly queries: LabelledVectors;
  readonly gallery: LabelledVectors | undefined;
  readonly rows: readonly number[];
  readonly lines: Lines;
  readonly source: SplitSource;
  readonly options: SplitLossOptions;
}

/** The stages of searching, and how each searches; a text is the reason why there is none. */
function waysOf(
  { queries, gallery, source }: Searches,
  productOf: (id: string) => string,
): [SplitStage, SearchWay | string][] {
  const { filter } = source;
  const { ids } = gallery ?? queries;
  const products = new Set(ids.map(productOf)).size;
  return [
    ['stored', { group: 'item', exact: true }],
    ['index', { group: 'item' }],
    ['filter', filter === undefined ? 'No filter was named.' : { group: 'item', filter }],
    [
      'products',
      products === ids.length
        ? 'Every item of the gallery is its own product.'
        : { group: 'product', filter },
    ],
  ];
}

async function addSearches(searches: Searches): Promise<void> {
  const { queries, gallery, source, options, lines } = searches;
  const items = gallery ?? queries;
  const precision = source.storedPrecision ?? 'float32';
  const found: (readonly [SplitStage, SearchedStage | string])[] = [];
  const work = async (place: SearchedCollection): Promise<void> => {
    for (const [stage, way] of waysOf(searches, place.productOf)) {
      const onProgress = (done: number, total: number): void =>
        options.onProgress?.(splitTitles[stage], done, total);
      const asked = { ...searches, ks: options.ks, signal: options.signal };
      const one = typeof way === 'string' ? way : await searchedOr(place, asked, way, onProgress);
      found.push([stage, one]);
    }
  };
  let bytes: number | null;
  try {
    bytes = await inCollection(items, source, options, work);
  } catch (error) {
    if (!(error instanceof SnapshelfError) || options.signal?.aborted) throw error;
    for (const [stage] of waysOf(searches, (id) => id)) lines.missing(stage, error.message);
    return;
  }
  // Codes of int8 stand beside the vectors, or alone.
  const stored = items.dimension * (precision === 'float32' ? 5 : 1);
  for (const [stage, one] of found) {
    if (typeof one === 'string') lines.missing(stage, one);
    else
      lines.add(stage, one.measures, {
        milliseconds: { of: 'search', median: one.milliseconds },
        bytesPerItem: bytes === null ? null : stored + (stage === 'stored' ? 0 : bytes / items.ids.length),
        note: noteOf(stage, one, precision),
      });
  }
}

/** Searches as a stage does; returns the reason where that cannot be, as of a filter that does not fit: the other stages go on. */
async function searchedOr(...asked: Parameters<typeof searchStage>): Promise<SearchedStage | string> {
  try {
    return await searchStage(...asked);
  } catch (error) {
    const [, { signal }] = asked;
    if (error instanceof SnapshelfError && signal?.aborted !== true) return error.message;
    throw error;
  }
}

/**
 * Calls `work` with the live collection, or one that is made for it, and returns the bytes of its index; null where the
 * collection is not in the data folder.
 */
async function inCollection(
  items: Searches['queries'],
  { live, factsOf, storedPrecision }: SplitSource,
  options: SplitLossOptions,
  work: (place: SearchedCollection) => Promise<void>,
): Promise<number | null> {
  if (live !== undefined) {
    const productOf = (id: string): string => factsOf?.(id)?.productId ?? id;
    await work({ ...live, productOf });
    return live.engine.kind === 'embedded' ? indexBytes(live.data, live.name) : null;
  }
  const onProgress = (done: number, total: number): void => options.onProgress?.('indexing', done, total);
  return (await withTemporaryCollection(items, { ...options, factsOf, storedPrecision, onProgress }, work))
    .indexBytes;
}

function noteOf(
  stage: SplitStage,
  { searches, byIndex }: SearchedStage,
  precision: StoredPrecision,
): string | undefined {
  if (stage === 'stored')
    return precision === 'float32'
      ? 'Vectors of float32 beside their int8 codes: the codes choose candidates, distances are those of the vectors.'
      : 'int8 codes choose candidates, distances are computed from the vectors in the database.';
  const own =
    byIndex === searches
      ? undefined
      : `Of ${counted(searches, 'search', 'searches')} for 10 answers the index served ${byIndex}; the others were exact, as a collection answers where it is small or a filter leaves little.`;
  const unit = stage === 'products' ? 'Ranks and what is right are counted in products.' : undefined;
  return [own, unit].filter((text) => text !== undefined).join(' ') || undefined;
}
