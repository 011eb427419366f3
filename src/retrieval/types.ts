import type { EmbedderOptions, Embedding } from '../embed/index.ts';
import type {
  Engine,
  Expected,
  FacetField,
  FacetsAnswer,
  Item,
  ItemChange,
  SearchAnswer,
  SearchOptions,
  WidenedField,
} from '../engine/index.ts';
import type { GalleryThreads, IndexEngine, StoredPrecision } from '../engines/index.ts';
import type { SnapshelfError } from '../errors.ts';
import type { CropBox } from '../image/index.ts';
import type { Logger } from '../log.ts';
import type { Metric, MetricOptions } from '../vectors/index.ts';
import type { RankedHit, RankingOptions, RankingReport } from './ranking/ranking-types.ts';

/** Options of a retriever. */
export interface RetrieverOptions extends GalleryThreads {
  /** Path of the model for new collections; collections that exist keep theirs. Default: the model that ships. */
  readonly model?: string | undefined;
  /** Options of the embedders that run the models. */
  readonly embed?: EmbedderOptions | undefined;
  /**
   * True keeps what EXIF and XMP of pictures say of the place where they were taken (GPS). Default false: it is removed from what
   * is stored; pixels, orientation and colour profile stay as they are.
   */
  readonly keepGps?: boolean | undefined;
  /**
   * The URL of the engine that keeps the collections, such as `postgres://user@host/database`; the data folder keeps the models. Its
   * client is a package that is installed beside this one. Default: the data folder keeps the collections too.
   */
  readonly engine?: string | undefined;
  /**
   * The place of pictures: `engine`, with the items, or an S3 bucket, `s3://bucket/prefix`, with its keys in the environment
   * (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`). Its client, `aws4fetch`, is installed beside
   * this package. Default: `engine`.
   */
  readonly pictureStore?: string | undefined;
  /** See `GalleryOptions.maxCollections`. Default 1,000. */
  readonly maxCollections?: number | undefined;
  /** See `GalleryOptions.openCollections`. Default 32. */
  readonly openCollections?: number | undefined;
  /** See `GalleryOptions.indexEngine`. */
  readonly indexEngine?: IndexEngine | undefined;
  /** See `GalleryOptions.storedPrecision`. */
  readonly storedPrecision?: StoredPrecision | undefined;
  /** True only searches, beside a process that writes: everything that would write throws `read-only`. Default false. */
  readonly readOnly?: boolean | undefined;
  /** @internal The open gallery of the folder, which is closed with the retriever. Default: it is opened. */
  readonly gallery?: Engine | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
}

/** Settings of a new collection. */
export interface NewCollection {
  /** Distance of vectors; `weak` and `weak-metric` need a model whose output is a softmax. Default `cosine`. */
  readonly metric?: Metric | undefined;
  /** The numbers of the metric `weak-metric`. Default a 1, b 0.8, P 0.5. */
  readonly metricOptions?: MetricOptions | undefined;
  /** True stores the pictures, which a re-index with another model needs. Default true. */
  readonly storeImages?: boolean | undefined;
  /** Path of its model. Default: the model of the retriever. */
  readonly model?: string | undefined;
  /**
   * The model, which is not here, of a collection that takes vectors only, in the place of `model`. Its identity is the SHA-256 of its name;
   * the same name is the same model. Pictures can be neither added nor searched for.
   */
  readonly vectorsOf?: VectorModel | undefined;
}

/** A model that makes vectors elsewhere. */
export interface VectorModel {
  /** 1 to 200 characters, with its version: `openai/clip-vit-base-patch32`. */
  readonly name: string;
  /** Numbers per vector, 1 to 16,384. */
  readonly dimension: number;
}

/** Options of `Retriever.add`. */
export interface AddOptions {
  /** True refuses metadata whose type is not its field's, before anything is stored. Default false. */
  readonly strict?: boolean | undefined;
  /** The state that each item has to be in; else its result is `item-changed`. Default: any. */
  readonly expected?: Expected | undefined;
  /** Called for each metadata field that became text, because a value of another type was given. */
  readonly onWidened?: ((field: WidenedField) => void) | undefined;
  /** Cancels the call before pictures are stored. */
  readonly signal?: AbortSignal | undefined;
}

/** Result of one picture of `add`: the stored item and whether it is new, or the error of the picture. */
export type AddResult =
  | { readonly id: string; readonly ok: true; readonly item: Item; readonly change: ItemChange }
  | { readonly id: string; readonly ok: false; readonly error: SnapshelfError };

/** The part of a picture to look at: a box, or `auto` for the box around its subject, which the answer tells. */
export type CropChoice = CropBox | 'auto';

/**
 * The query of a search: a picture (or a part of it), an item of the collection, a raw vector `float32[D]`, or several of them
 * with weights. A query by items leaves out the items and their products; with `ownProduct` only the items.
 */
export type Query =
  | { readonly image: Uint8Array; readonly crop?: CropChoice | undefined }
  | { readonly itemId: string; readonly ownProduct?: boolean | undefined }
  | { readonly vector: Float32Array }
  | { readonly parts: readonly QueryPart[]; readonly ownProduct?: boolean | undefined };

/**
 * One of the 1 to 16 parts of a query: a picture, an item or a raw vector. Under `cosine` the query is the sum of
 * `weight · v / ‖v‖`, divided by its length; under `l2` the weighted mean of the vectors. The other metrics take one part only
 * as a query of its own.
 */
export type QueryPart = (
  | { readonly image: Uint8Array; readonly crop?: CropChoice | undefined }
  | { readonly itemId: string }
  | { readonly vector: Float32Array }
) & {
  /** Above 0 for "like this", below 0 for "not like this"; not 0, at most 1,000 in size. Default 1. */
  readonly weight?: number | undefined;
};

/** Identity (SHA-256 of the file) and name of a model. */
export interface ModelName {
  readonly id: string;
  readonly name: string;
}

/** The counts that a search asks for. */
export interface SearchFacets {
  /** The fields whose values are counted, 1 to 20. */
  readonly fields: readonly FacetField[];
  /** Counts the first so many answers, 1 to 1,000. Default: all that pass the filter, near or not. */
  readonly nearest?: number | undefined;
}

/** Options of `Retriever.search`. */
export interface RetrieverSearchOptions extends SearchOptions, RankingOptions {
  /** Counts values of fields beside the search. */
  readonly facets?: SearchFacets | undefined;
  /**
   * Answers only what is certain enough: of searches for products that are not there, at most this share gets an answer. Above 0, at
   * most 0.5; the collection has to be calibrated. Default: everything is answered.
   */
  readonly maxFalseMatch?: number | undefined;
}

/** The reason why a search has no answer. */
export interface NoMatch {
  /** `uncertain`: the nearest may as well be another product; `nothing-found`: nothing passes the filter and `minScore`. */
  readonly reason: 'uncertain' | 'nothing-found';
  /** The chance that the nearest would have been right. */
  readonly confidence?: number | undefined;
}

/** An answer that was judged by the calibration of its collection: its hits have a confidence. */
export interface JudgedAnswer extends SearchAnswer {
  /** Undefined if there is an answer, of a later page than the first, and where no `maxFalseMatch` was asked for. */
  readonly noMatch?: NoMatch | undefined;
  /** The state of the calibration; undefined where there is none that fits. */
  readonly calibration?: CalibrationState | undefined;
}

/** The state of a calibration. */
export interface CalibrationState {
  /** Changes of the collection since, as a share of the items that there were. */
  readonly changed: number;
  /** True if a fifth or more has changed: it should be made again. */
  readonly isDue: boolean;
  /** The least `maxFalseMatch` that so many pairs support. */
  readonly leastRate: number;
}

/** An answer with the model and the milliseconds of every stage; stages that a query does not need take 0. */
export interface RetrieverAnswer extends JudgedAnswer {
  readonly hits: RankedHit[];
  /** The way that the order came about, of a search with `RankingOptions`. */
  readonly ranking?: RankingReport | undefined;
  /** The counts that were asked for. */
  readonly facets?: FacetsAnswer | undefined;
  /** The box that was found for the picture of the query, of one with the crop `auto`. */
  readonly crop?: CropBox | undefined;
  /** The same of a query of several pictures: one for each, in their order, null where none was asked for. */
  readonly crops?: readonly (CropBox | null)[] | undefined;
  readonly model: ModelName;
  readonly timings: SearchAnswer['timings'] & Embedding['timings'];
}

/** Options of `Retriever.embed`. */
export interface EmbedQuery {
  /** The collection whose model embeds. */
  readonly collection?: string | undefined;
  /** The model in the data folder that embeds, by the SHA-256 of its file. */
  readonly modelId?: string | undefined;
  /** The part to embed. Default: the whole picture. */
  readonly crop?: CropChoice | undefined;
  /** Cancels the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
