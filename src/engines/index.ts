export { type IndexEngine, indexEngines, lockDataFolder } from '../gallery/index.ts';
export { openEngine } from './open-engine.ts';
