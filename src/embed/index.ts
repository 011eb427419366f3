export { Embedder } from './embedder.ts';
export type { EmbedderInfo, EmbedderStats } from './facts.ts';
export {
  defaultEmbedderOptions,
  type EmbedderOptions,
  type EmbedImageOptions,
  type EmbedOptions,
} from './options.ts';
export { pipeline } from './pipeline.ts';
export type { Embedding, EmbeddingTimings } from './request.ts';
