export {
  Embedder,
  type EmbedderInfo,
  type EmbedderOptions,
  type EmbedderStats,
  type Embedding,
  type EmbeddingTimings,
  type EmbedImageOptions,
  type EmbedOptions,
} from './embed/index.ts';
export { type ErrorCode, errorCatalogue, SnapshelfError } from './errors.ts';
export {
  type CollectionInfo,
  type FieldType,
  type Filter,
  Gallery,
  type GalleryOptions,
  type Hit,
  type Item,
  type ItemInput,
  type ItemUpdate,
  type Json,
  type Metric,
  type SearchAnswer,
  type SearchOptions,
  type SortField,
  type UpdateOptions,
  type UpdateResult,
  type UpsertResult,
  type WidenedField,
  type WriteOptions,
} from './gallery/index.ts';
export type { CropBox, ImageLimits, Pixels } from './image/index.ts';
export { type Logger, silentLogger } from './log.ts';
export { type ModelFile, type ModelMetadata, readModelFile } from './model/index.ts';
export {
  type AddInput,
  type AddResult,
  type EmbedderState,
  type EmbedQuery,
  type ImportOptions,
  type ImportProgress,
  type ImportReport,
  type ImportSample,
  type ModelName,
  type NewCollection,
  type Query,
  type ReindexOptions,
  type ReindexProgress,
  Retriever,
  type RetrieverAnswer,
  type RetrieverOptions,
} from './retrieval/index.ts';
export { version } from './version.ts';
