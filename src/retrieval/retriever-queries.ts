import {
  type CollectionInfo,
  type Engine,
  type FacetsOptions,
  type Records,
  recordsOf,
  type SearchOptions,
} from '../engine/index.ts';
import type { ImageLimits } from '../image/index.ts';
import type { Calibration } from '../matching/index.ts';
import type { ModelFile } from '../model/index.ts';
import { type CalibrationReport, calibrationReport } from './calibration/calibration-report.ts';
import {
  type CalibrationInfo,
  Calibrations,
  calibrationInfo,
  notCalibrated,
} from './calibration/calibrations.ts';
import { judgedSearch } from './calibration/judged-search.ts';
import type { CollectionModels } from './collection-models.ts';
import {
  areSameBytes,
  type CompareOptions,
  compareEmbeddings,
  type PictureComparison,
  type PictureQuery,
} from './compare.ts';
import { checkpointOf } from './duplicates/checkpoint.ts';
import { type CollectionDuplicates, keptDuplicates } from './duplicates/collection-duplicates.ts';
import { type DuplicatesAnswer, type DuplicatesOptions, duplicatesOf } from './duplicates/duplicates-of.ts';
import { embedPart, type PartEmbedding } from './embed-part.ts';
import type { EmbedderPool } from './embedder-pool.ts';
import { type ExplainQuery, explainMatch, type MatchExplanation } from './explain-match.ts';
import { toVectorQuery } from './query-vector.ts';
import { checkRanking } from './ranking/check-ranking.ts';
import { toRankedSearch } from './ranking/ranked-search.ts';
import type {
  EmbedQuery,
  ModelName,
  Query,
  RetrieverAnswer,
  RetrieverSearchOptions,
  SearchFacets,
} from './types.ts';

/** The parts of a retriever that its queries use. */
export interface QueryParts {
  readonly data: string;
  readonly gallery: Engine;
  readonly embedders: EmbedderPool;
  readonly models: CollectionModels;
  readonly limits: ImageLimits;
  /** See `RetrieverOptions.keepGps`. */
  readonly keepGps: boolean;
  readonly defaultModel: ModelFile | undefined;
}

/** The queries of a retriever: what only reads. */
export abstract class RetrieverQueries {
  /** The data folder's collections and items, without embedding. */
  readonly gallery: Engine;
  /** The records that servers keep besides collections: those of the engine, or files of the data folder. */
  readonly records: Records;
  /** The absolute path of the data folder. */
  readonly data: string;
  /** The model of new collections that name none: the one that was named, else the one that ships. */
  readonly defaultModel: ModelFile | undefined;
  /** The way that pictures are read. */
  protected readonly pictureRules: Pick<QueryParts, 'limits' | 'keepGps'>;
  /** The calibrations of its collections. */
  protected readonly calibrations: Calibrations;
  readonly #parts: QueryParts;

  protected constructor(parts: QueryParts) {
    this.data = parts.data;
    this.gallery = parts.gallery;
    this.records = recordsOf(parts.gallery, parts.data);
    this.defaultModel = parts.defaultModel;
    this.calibrations = new Calibrations(parts.gallery);
    this.pictureRules = { limits: parts.limits, keepGps: parts.keepGps };
    this.#parts = parts;
  }

  /**
   * Finds the products (or items) that are most similar to the query: a picture, an item, a vector, or several of them with
   * weights. A query by items leaves out those items and their products.
   * @throws SnapshelfError as `Engine.search` and `Embedder.embed`; `query-invalid` if its parts cancel out, the metric takes
   * one part only, or options do not go together.
   * @throws unknown the signal's reason if it aborts.
   */
  search(name: string, query: Query, options: RetrieverSearchOptions = {}): Promise<RetrieverAnswer> {
    const { gallery, embedders, limits, models } = this.#parts;
    const { facets, maxFalseMatch, expand, rerank, views, ...search } = options;
    const ranking = { expand, rerank, views };
    return models.run(name, async (model) => {
      if ((expand ?? rerank ?? views) !== undefined) checkRanking(options, (await gallery.info(name)).metric);
      const asked = await toVectorQuery(query, search, {
        gallery,
        embedders,
        collection: name,
        model,
        limits,
      });
      const full = { ...asked.options, modelId: model.id };
      const place = { gallery, collection: name };
      const { vector, search: ranked } = await toRankedSearch(place, asked.vector, full, ranking);
      const [answer, counts] = await Promise.all([
        ranked?.() ??
          judgedSearch(gallery, this.calibrations, { name, query, vector, options: full, maxFalseMatch }),
        facets && gallery.facets(name, facetsOf(facets, vector, full)),
      ]);
      const timings = { ...asked.timings, ...answer.timings };
      return { ...answer, ...asked.found, model, timings, ...(counts !== undefined && { facets: counts }) };
    });
  }

  /**
   * Tells which parts of the pictures of a query and of an item speak for their match: a map of each, from 0 to 1.
   * @throws SnapshelfError `no-feature-map`, `item-not-found`, `image-not-stored` if there is no picture of either, else as `Embedder.embed`.
   * @throws unknown the signal's reason if it aborts.
   */
  explain(
    name: string,
    query: ExplainQuery,
    matchId: string,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<MatchExplanation> {
    const { gallery, embedders, models } = this.#parts;
    return models.run(name, (model) =>
      explainMatch({ gallery, embedders, collection: name, model, signal }, query, matchId),
    );
  }

  /**
   * Computes the raw embedding of a picture with a collection's model, or with the default model.
   * @throws SnapshelfError `model-not-found`, `collection-not-found`, else as `Embedder.embed`.
   */
  async embed(
    image: Uint8Array,
    options: EmbedQuery = {},
  ): Promise<PartEmbedding & { readonly model: ModelName }> {
    const { embedders, models, defaultModel } = this.#parts;
    const embedder = await embedders.forQuery(options, models, defaultModel);
    const embedding = await embedPart(embedders, embedder, image, options);
    const { id, metadata } = embedder.info.model;
    return { ...embedding, model: { id, name: metadata.name } };
  }

  /**
   * Computes how similar two pictures are, with a collection's model and metric, or with the default model.
   * @throws SnapshelfError as `embed`.
   */
  async compare(
    one: PictureQuery,
    other: PictureQuery,
    options: CompareOptions = {},
  ): Promise<PictureComparison> {
    const { metric, ...given } = options;
    const ofCollection =
      given.collection === undefined ? undefined : await this.gallery.info(given.collection);
    const choice = metric === undefined ? (ofCollection ?? { metric: 'cosine' as const }) : { metric };
    const [a, b] = await Promise.all([
      this.embed(one.image, { ...given, crop: one.crop }),
      this.embed(other.image, { ...given, crop: other.crop }),
    ]);
    return { ...compareEmbeddings(a, b, choice), identical: areSameBytes(one, other) };
  }

  /**
   * Describes the calibration of a collection; undefined if it has none.
   * @throws SnapshelfError `collection-not-found`, `not-calibrated` for one that cannot be read.
   */
  async calibration(name: string): Promise<CalibrationInfo | undefined> {
    const { now, calibration } = await this.#calibrationOf(name);
    return calibration && calibrationInfo(calibration, now);
  }

  /**
   * Returns the calibration of a collection with its curves, thresholds, and how it does on searches that it does not know; undefined if it
   * has none.
   * @throws SnapshelfError as `calibration`.
   */
  async calibrationReport(name: string): Promise<CalibrationReport | undefined> {
    const { now, calibration } = await this.#calibrationOf(name);
    return calibration && calibrationReport(calibration, now);
  }

  async #calibrationOf(
    name: string,
  ): Promise<{ readonly now: CollectionInfo; readonly calibration: Calibration | undefined }> {
    const now = await this.gallery.info(name);
    const calibration = await this.calibrations.of(now);
    if (calibration === 'unreadable') throw notCalibrated(name, calibration);
    return { now, calibration };
  }

  /**
   * Lists the items that are nearly identical to an item, the nearest first.
   * @throws SnapshelfError `item-not-found`, else as `Engine.search`.
   * @throws RangeError without a threshold under another metric than cosine.
   */
  duplicates(name: string, itemId: string, options: DuplicatesOptions = {}): Promise<DuplicatesAnswer> {
    return duplicatesOf(this.gallery, name, itemId, options);
  }

  /**
   * Returns what the last search for duplicates of a collection has found, whole or so far; undefined if there is none.
   * @throws SnapshelfError `collection-not-found`.
   */
  async keptDuplicates(name: string): Promise<CollectionDuplicates | undefined> {
    return keptDuplicates(await this.gallery.info(name), checkpointOf(this.records, name));
  }
}

/** The facets of a search: of what passes its filter, or of its nearest answers. */
function facetsOf(
  { fields, nearest }: SearchFacets,
  vector: Float32Array,
  options: SearchOptions,
): FacetsOptions {
  const { filter, group, after: _after, signal, ...others } = options;
  return {
    fields,
    filter,
    group,
    signal,
    near: nearest === undefined ? undefined : { ...others, vector, k: nearest },
  };
}
