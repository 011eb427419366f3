export { sqliteVersion } from './database.ts';
export { Gallery, type GalleryOptions } from './gallery.ts';
export { createIndex, hnswAvailable, type Neighbour, type VectorIndex } from './index/vector-index.ts';
export type * from './types.ts';
