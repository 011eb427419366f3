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
export { type EngineOptions, openEngine } from './open-engine.ts';
