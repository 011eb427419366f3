export {
  Embedder,
  type EmbedderInfo,
  type EmbedderStats,
  type EmbedImageOptions,
  type EmbedOptions,
} from './embedder.ts';
export { defaultEmbedderOptions, type EmbedderOptions } from './options.ts';
export type { Embedding, EmbeddingTimings } from './request.ts';
