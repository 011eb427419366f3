export {
  type ModelMetadata,
  metadataKey,
  parseMetadata,
  serializeMetadata,
} from './metadata.ts';
export { type LoadedModel, loadModelFile, type ModelFile, readModelFile } from './model-file.ts';
