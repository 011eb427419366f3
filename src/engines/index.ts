export {
  type IndexEngine,
  indexEngines,
  lockDataFolder,
  precisions,
  type StoredPrecision,
} from '../gallery/index.ts';
export { type EngineOptions, openEngine } from './open-engine.ts';
