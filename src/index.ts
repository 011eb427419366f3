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
  type Filter,
  Gallery,
  type GalleryOptions,
  type Hit,
  type Item,
  type ItemInput,
  type Json,
  type Metric,
  type SearchAnswer,
  type SearchOptions,
} from './gallery/index.ts';
export type { CropBox, ImageLimits, Pixels } from './image/index.ts';
export { type Logger, silentLogger } from './log.ts';
export {
  defaultModel,
  type ModelFile,
  type ModelMetadata,
  readModelFile,
  shippedModels,
} from './model/index.ts';
export {
  type AddInput,
  type AddResult,
  type BackupOptions,
  type BackupProgress,
  type BackupReport,
  type BackupSource,
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
  type RestoreBackupOptions,
  type RestoreBackupProgress,
  type RestoredBackup,
  Retriever,
  type RetrieverAnswer,
  type RetrieverOptions,
  restoreBackup,
  writeBackup,
} from './retrieval/index.ts';
export { version } from './version.ts';
