export {
  type Filter,
  type ModelMetadata,
  metadataKey,
  type Preprocessing,
  parseMetadata,
  type Resize,
  type ShortSide,
  type Squash,
  serializeMetadata,
} from './metadata.ts';
export { type ModelFile, readModelFile } from './model-file.ts';
