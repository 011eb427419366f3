export { CellEmbedder, type PictureCells, type Subject } from './cell-embedder.ts';
export type { Embedding, EmbeddingTimings } from './embed-request.ts';
export { Embedder } from './embedder.ts';
export type { EmbedderInfo, EmbedderStats } from './info.ts';
export {
  defaultEmbedderOptions,
  type EmbedderOptions,
  type EmbedImageOptions,
  type EmbedOptions,
} from './options.ts';
