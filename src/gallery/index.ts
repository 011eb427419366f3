export { sqliteVersion } from './database.ts';
export { Gallery, type GalleryOptions } from './gallery.ts';
export { exactSearch } from './index/exact-search.ts';
export {
  createIndex,
  hnswAvailable,
  type Neighbour,
  type VectorIndex,
  type VectorSource,
} from './index/vector-index.ts';
export type * from './types.ts';
