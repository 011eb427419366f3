export {
  type GalleryThreads,
  type IndexEngine,
  indexEngines,
  lockDataFolder,
  maxIndexThreads,
  maxScanThreads,
  precisions,
  type StoredPrecision,
} from '../gallery/index.ts';
export { checkPictures, type EngineOptions, openEngine } from './open-engine.ts';
export type { SweptCollection } from './pictures/sweep-pictures.ts';
export { openPictureStore, withPictureStore } from './pictures/with-picture-store.ts';
