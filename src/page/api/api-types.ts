/** A value of metadata, as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The type of a metadata field. */
export type FieldType = 'text' | 'number' | 'boolean' | 'list';

/** An item as the API answers it. */
export interface Item {
  readonly id: string;
  readonly productId: string;
  readonly label: string | null;
  readonly split: string | null;
  readonly metadata: Readonly<Record<string, Json>>;
  readonly hasImage: boolean;
  readonly hasThumbnail: boolean;
  readonly sequence: number;
  readonly updatedAt: string;
}

/** A collection as the API answers it. */
export interface Collection {
  readonly name: string;
  readonly status?: 'ok' | 'damaged';
  readonly error?: Problem;
  readonly modelId: string;
  readonly modelName: string;
  readonly dimension: number;
  readonly metric: string;
  readonly storeImages: boolean;
  readonly createdAt: string;
  readonly items: number;
  readonly products: number;
  readonly sequence: number;
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly index: IndexState;
  readonly reindex?: { readonly modelName: string; readonly done: number };
}

/** The state of a search index. */
export interface IndexState {
  readonly kind: 'hnsw' | 'flat';
  readonly state: 'ready' | 'building';
  readonly indexed: number;
  readonly deletedShare: number;
  readonly ef: number;
}

/** One result of a search. */
export interface Hit {
  readonly rank: number;
  readonly score: number;
  readonly distance: number;
  readonly item: Item;
}

/** The answer of a search. */
export interface Answer {
  readonly model: { readonly id: string; readonly name: string } | null;
  readonly metric: string;
  readonly searched: { readonly kind: string; readonly ef: number | null; readonly candidates: number };
  readonly timings: Readonly<Record<string, number>>;
  readonly results: readonly Hit[];
  readonly next: string | null;
  readonly total: number;
  readonly hidden: number;
}

/** A page of a list of items. */
export interface ItemPage {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** An item that is nearly identical to another. */
export interface Duplicate {
  readonly score: number;
  /** True if both pictures are the same bytes. */
  readonly identical: boolean;
  readonly item: Item;
}

/** A request that was answered with a problem. */
export interface RecentProblem {
  readonly time: string;
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
  readonly route: string | null;
}

/** A problem of RFC 9457. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title?: string;
  readonly detail: string;
}

/** A condition on items, as the API takes it. */
export type Filter =
  | { readonly field: string; readonly [operator: string]: Json }
  | { readonly and: readonly Filter[] };
/** A model that the server holds. */
export interface Model {
  readonly id: string;
  readonly name: string;
  readonly dimension: number;
  readonly default: boolean;
}
