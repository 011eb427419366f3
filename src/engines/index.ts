export {
  type IndexEngine,
  indexEngines,
  lockDataFolder,
  precisions,
  type StoredPrecision,
} from '../gallery/index.ts';
export { openEngine } from './open-engine.ts';
