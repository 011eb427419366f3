export type { CacheMode } from './cache/cache-mode.ts';
export { type Batch, Loader } from './loader/loader.ts';
export type { LoaderOptions, TrainSample } from './loader/loader-options.ts';
export { balancedBatches, labelBatches, shuffledBatches } from './loader/sampler.ts';
export { applyTransform, checkTransform, type TrainTransform } from './loader/transform.ts';
export { isBenchmark } from './sources/benchmarks/index.ts';
export { joinDatasets } from './sources/join.ts';
export {
  describeLeftOut,
  describeRemarks,
  hidingKinds,
  joinRemarks,
  type LeftOut,
  type Remarks,
  withoutSystemFiles,
} from './sources/left-out.ts';
export { readSource } from './sources/read-source.ts';
export { type Dataset, idProblem, type Sample } from './sources/sample.ts';
