export { pictureExtensions } from './folder.ts';
export {
  type Batch,
  Loader,
  type LoaderOptions,
  type Sampler,
  type SkippedPicture,
  type TrainSample,
} from './loader.ts';
export type { CacheMode } from './picture-cache.ts';
export { readSource } from './read-source.ts';
export type { Dataset, Json, Sample, Split } from './sample.ts';
export { labelBatches, shuffledBatches } from './sampler.ts';
export { applyTransform, checkTransform, type RandomCrop, type TrainTransform } from './transform.ts';
