export {
  Embedder,
  type EmbedderInfo,
  type EmbedderOptions,
  type Embedding,
  type EmbedImageOptions,
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
export type { CropBox, ImageLimits } from './image/index.ts';
export { type Logger, silentLogger } from './log.ts';
export { type ModelFile, type ModelMetadata, readModelFile } from './model/index.ts';
export {
  type AddInput,
  type AddResult,
  type ImportReport,
  type ImportSample,
  type NewCollection,
  type Query,
  Retriever,
  type RetrieverAnswer,
  type RetrieverOptions,
} from './retrieval/index.ts';
export { version } from './version.ts';
