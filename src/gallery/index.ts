export { HnswIndex } from './ann/hnsw-index.ts';
export type { HnswOptions } from './ann/hnsw-options.ts';
export { findIndexEngines, type IndexEngineFinding } from './ann/index-engines.ts';
export { type IndexEngine, indexEngines } from './ann/manifest.ts';
export { Gallery } from './api/gallery.ts';
export {
  defaultIndexThreads,
  defaultMaxCollections,
  defaultOpenCollections,
  defaultScanThreads,
  type GalleryOptions,
  type GalleryThreads,
  maxIndexThreads,
} from './api/gallery-options.ts';
export { type GalleryCalls, isOperation, type Operations } from './api/operations.ts';
export { exactSearchOf } from './memory/matrix-scan.ts';
export { precisions, type StoredPrecision } from './memory/precision.ts';
export { maxScanThreads } from './memory/vector-chunk.ts';
export { type CheckedCollection, type CheckOptions, checkCollections } from './rebuild/check-collections.ts';
export type { Finding } from './rebuild/findings.ts';
export { sqliteVersion } from './storage/database.ts';
export { lockDataFolder } from './worker/lock-data-folder.ts';
