export { HnswIndex } from './ann/hnsw-index.ts';
export { hnswAvailable } from './ann/hnsw-native.ts';
export type { HnswOptions } from './ann/hnsw-options.ts';
export { Gallery } from './api/gallery.ts';
export type { GalleryOptions, RestoreOptions } from './api/gallery-options.ts';
export { exactSearch, type VectorSource } from './exact/exact-search.ts';
export type { Neighbour } from './exact/neighbour.ts';
export { sqliteVersion } from './storage/database.ts';
export type * from './types.ts';
