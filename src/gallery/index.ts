export {
  createIndex,
  hnswAvailable,
  type Neighbour,
  type VectorIndex,
  type VectorSource,
} from './ann/vector-index.ts';
export { Gallery, type GalleryOptions } from './api/gallery.ts';
export { exactSearch } from './exact/exact-search.ts';
export { sqliteVersion } from './storage/database.ts';
export type * from './types.ts';
