import type { z } from 'zod';
import type { RequestInputs } from '../server/parsing/schemas.ts';
import type { OperationId, OperationOf } from './routes.ts';

export type { Filter, Json } from '../engine/index.ts';
export type { ErrorCode } from '../errors.ts';
export type { Problem } from '../server/http/problem.ts';
export type { RequestInputs } from '../server/parsing/schemas.ts';
export type { WebhookEvent } from '../server/webhooks/webhook-event.ts';

/** A picture: a file or another Blob, its bytes, a `URL` that the client fetches it from, or base64 (with or without `data:...;base64,`). */
export type Picture = Blob | Uint8Array | ArrayBuffer | URL | string;

type JsonOf<A> =
  A extends z.ZodType<infer Body>
    ? Body
    : A extends { readonly json: z.ZodType<infer Body> }
      ? Body
      : undefined;
type Answers<A> = { [S in keyof A]: JsonOf<A[S]> }[keyof A];

/** The JSON that an operation answers; undefined for an answer without a body. */
export type AnswerOf<Id extends OperationId> = Answers<OperationOf<Id>['answers']>;

/** The fields of a request whose pictures are `Picture`s. */
type WithPictures<T> = Omit<T, 'image' | 'images'> &
  ('image' extends keyof T ? { readonly image?: Picture | undefined } : unknown) &
  ('images' extends keyof T ? { readonly images?: readonly Picture[] | undefined } : unknown);

/** A vector as a query has it. */
type Vector = readonly number[] | Float32Array | Float64Array;
type WithVector<T> = Omit<T, 'vector'> & { readonly vector?: Vector | undefined };

/** A search: exactly one of `image`, `itemId`, `vector` and (`images`, `itemIds`). */
export type SearchQuery = WithVector<WithPictures<RequestInputs['search']>>;
/** Two pictures to compare. */
export type Comparison = WithPictures<RequestInputs['comparison']>;
/** A picture to embed. */
export type EmbeddingQuery = WithPictures<RequestInputs['embedding']>;
/** A match to explain: the item that was found by `image` or `itemId`. */
export type MatchQuery = WithPictures<RequestInputs['explanation']>;
/** A picture with its fields. */
export type ItemInput = WithPictures<RequestInputs['item']>;
/** A picture of a batch, with its id and fields; without a picture, it has a `url` that the server fetches. */
export type BatchItemInput = Omit<NonNullable<RequestInputs['batch']['items']>[number], 'file'> & {
  readonly image?: Picture | undefined;
};
/** Settings of a collection. */
export type CollectionSettings = RequestInputs['collection'];
/** Changed fields of an item. */
export type ItemUpdate = RequestInputs['update'];

/** A page of results. */
export type SearchPage = AnswerOf<'search'>;
/** A result. */
export type SearchResult = SearchPage['results'][number];
/** The parts of two pictures that speak for a match. */
export type Explanation = AnswerOf<'explainMatch'>;
/** Counts of the values of fields. */
export type Facets = AnswerOf<'getFacets'>;
/** A page of items. */
export type ItemPage = AnswerOf<'listItems'>;
/** An item. */
export type Item = AnswerOf<'getItem'>;
/** A collection. */
export type Collection = AnswerOf<'getCollection'>;
/** A collection in a list: a sound one, or the name of a damaged one and its error. */
export type ListedCollection = AnswerOf<'listCollections'>['collections'][number];
/** A model that the server holds. */
export type Model = AnswerOf<'listModels'>['models'][number];
/** The result of a batch. */
export type BatchResult = AnswerOf<'putItems'>;
/** The result of a request of vectors. */
export type VectorsResult = AnswerOf<'putVectors'>;
/** A re-index. */
export type Reindex = AnswerOf<'getReindex'>;
/** The calibration of a collection, and the state of one that runs. */
export type Calibration = AnswerOf<'getCalibration'>;
/** The report of a calibration. */
export type CalibrationReport = AnswerOf<'getCalibrationReport'>;
/** An evaluation. */
export type Evaluation = AnswerOf<'getEvaluation'>;
/** An evaluation in a list. */
export type EvaluationSummary = AnswerOf<'listEvaluations'>['evaluations'][number];
/** The report of an evaluation. */
export type EvaluationReport = AnswerOf<'getReport'>;
/** A webhook. */
export type Webhook = AnswerOf<'getWebhook'>;
/** An event that was sent to a webhook, or will be. */
export type Delivery = AnswerOf<'listDeliveries'>['deliveries'][number];
