export type { CacheMode } from './cache/cache-mode.ts';
export { type Batch, Loader, type SkippedPicture } from './loader/loader.ts';
export type { LoaderOptions, Sampler, TrainSample } from './loader/loader-options.ts';
export { labelBatches, shuffledBatches } from './loader/sampler.ts';
export { applyTransform, checkTransform, type RandomCrop, type TrainTransform } from './loader/transform.ts';
export { joinDatasets } from './sources/join.ts';
export { readSource } from './sources/read-source.ts';
export type { Dataset, Json, Sample, Split } from './sources/sample.ts';
