export type { EmbedderState } from './embedder-pool.ts';
export type { ImportOptions, ImportProgress, ImportReport, ImportSample } from './import-samples.ts';
export { storedModelIds, storeModel } from './model-store.ts';
export type { AddInput } from './prepare-item.ts';
export type { ReindexOptions, ReindexProgress } from './reindex.ts';
export {
  type AddResult,
  type EmbedQuery,
  type ModelName,
  type NewCollection,
  type Query,
  Retriever,
  type RetrieverAnswer,
  type RetrieverOptions,
} from './retriever.ts';
