export { type CellModel, cellModel } from './cell-model.ts';
export { metadataKey, parseMetadata, serializeMetadata } from './metadata.ts';
export type { ModelMetadata } from './metadata-schema.ts';
export { type LoadedModel, loadModelFile, type ModelFile, readModelFile } from './model-file.ts';
export { defaultModel, shippedModels } from './shipped.ts';
export { isShipped, shippedDefault, storedModel, storedModelPath } from './stored-model.ts';
export { withoutProjection } from './without-projection.ts';
