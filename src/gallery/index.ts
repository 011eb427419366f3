export { type EngineFinding, indexEngines } from './ann/engines.ts';
export { HnswIndex } from './ann/hnsw-index.ts';
export type { HnswOptions } from './ann/hnsw-options.ts';
export { type Engine, engines } from './ann/manifest.ts';
export { Gallery } from './api/gallery.ts';
export {
  defaultMaxCollections,
  defaultOpenCollections,
  type GalleryOptions,
  type RestoredCollection,
  type RestoreOptions,
} from './api/gallery-options.ts';
export { type GalleryCalls, isOperation, type Operations } from './api/operations.ts';
export { checkDeleteFilter } from './checks/delete-filter.ts';
export { checkFieldTypes } from './checks/field-types.ts';
export { exactSearch, type VectorSource } from './exact/exact-search.ts';
export { type CheckedCollection, type CheckOptions, checkCollections } from './rebuild/check-collections.ts';
export type { Finding } from './rebuild/findings.ts';
export { combineVectors, maxQueryParts, type WeightedVector } from './search/combine-vectors.ts';
export type * from './search-types.ts';
export { sqliteVersion } from './storage/database.ts';
export { revisionOf } from './storage/revision.ts';
export type * from './types.ts';
export { lockDataFolder } from './worker/lock-data-folder.ts';
export type * from './write-types.ts';
