export type { CacheMode } from './cache-mode.ts';
export { pictureExtensions } from './folder.ts';
export { joinDatasets } from './join.ts';
export { type Batch, Loader, type SkippedPicture } from './loader.ts';
export type { LoaderOptions, Sampler, TrainSample } from './loader-options.ts';
export { readSource } from './read-source.ts';
export type { Dataset, Json, Sample, Split } from './sample.ts';
export { labelBatches, shuffledBatches } from './sampler.ts';
export { applyTransform, checkTransform, type RandomCrop, type TrainTransform } from './transform.ts';
