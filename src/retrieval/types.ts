import type { EmbedderOptions, Embedding } from '../embed/index.ts';
import type { SnapshelfError } from '../errors.ts';
import type { Item, Metric, SearchAnswer } from '../gallery/index.ts';
import type { CropBox } from '../image/index.ts';
import type { Logger } from '../log.ts';

export interface RetrieverOptions {
  /** Path of the model for new collections; collections that exist keep theirs. */
  readonly model?: string | undefined;
  /** How models are run. */
  readonly embed?: EmbedderOptions | undefined;
  /** Only search, beside a process that writes: what would write throws `read-only`. Default false. */
  readonly readOnly?: boolean | undefined;
  readonly log?: Logger | undefined;
}

/** What a new collection is to be. */
export interface NewCollection {
  /** Default `cosine`. */
  readonly metric?: Metric | undefined;
  /** Keep the pictures, which re-indexing with another model needs. Default true. */
  readonly storeImages?: boolean | undefined;
  /** Path of its model. Default: the retriever's. */
  readonly model?: string | undefined;
}

/** What became of one picture of `add`. */
export type AddResult =
  | { readonly id: string; readonly ok: true; readonly item: Item }
  | { readonly id: string; readonly ok: false; readonly error: SnapshelfError };

/** What to search for: a picture (or a part of it), an item that is there, or a raw vector `float32[D]`. */
export type Query =
  | { readonly image: Uint8Array; readonly crop?: CropBox | undefined }
  | { readonly itemId: string }
  | { readonly vector: Float32Array };

/** The model that answered. */
export interface ModelName {
  readonly id: string;
  readonly name: string;
}

/** An answer, with the model and the milliseconds of every stage; stages that a query does not need take 0. */
export interface RetrieverAnswer extends SearchAnswer {
  readonly model: ModelName;
  readonly timings: SearchAnswer['timings'] & Embedding['timings'];
}

/** Options of `Retriever.embed`. */
export interface EmbedQuery {
  /** Use this collection's model. */
  readonly collection?: string | undefined;
  /** Use this model, by the SHA-256 of its file in the data folder. */
  readonly modelId?: string | undefined;
  readonly crop?: CropBox | undefined;
  readonly signal?: AbortSignal | undefined;
}
