export {
  type GivenParameters,
  type Information,
  type InformationFigures,
  type InformationInput,
  type InformationOptions,
  type InformationParameters,
  information,
  informationSchema,
} from '../information/index.ts';
export { VectorFileWriter } from '../tensor/index.ts';
export { metricNames, metricTitles } from '../vectors/index.ts';
export { type ComparedMeasure, type Comparison, compareEvaluations } from './compare.ts';
export { type EvaluationOptions, evaluate } from './evaluate.ts';
export type { EvaluationInput } from './evaluation-input.ts';
export type {
  CollectionEvaluation,
  EvaluationRequest,
  Job,
  JobMeasures,
  JobProgress,
  ManifestEntry,
} from './jobs/job.ts';
export { readRequestFile } from './jobs/job-request.ts';
export { runJob } from './jobs/run-job.ts';
export { defaultKs, type Protocol, protocols } from './protocols.ts';
export type { CroppedQueries, RankingSource } from './ranking/measure-ranking.ts';
export type { RankingComparison, RankingRow } from './ranking/ranking-schema.ts';
export type {
  Convention,
  DistanceHistogram,
  Environment,
  Evaluation,
  Example,
  LabelMeasures,
  MeasureSet,
  MeasureSummary,
  MetricEvaluation,
  PublishedResult,
  Subject,
} from './report/evaluation-schema.ts';
export type { IndexComparison, IndexPoint } from './report/index-schema.ts';
export type { Confusion, LabelConflicts } from './report/label-schema.ts';
export { parseEvaluation } from './report/parse-evaluation.ts';
export {
  type CollectionRequest,
  type CollectionVectors,
  embedStored,
  readCollection,
} from './sources/collection-vectors.ts';
export {
  type BadSample,
  badPictures,
  type EmbeddedSample,
  type EmbeddedSamples,
  type EmbedEachOptions,
  type EmbedSamplesOptions,
  embedEach,
  embedSamples,
} from './sources/embed-samples.ts';
export { embedSubjects } from './sources/embed-subjects.ts';
export { EmbeddingCache } from './sources/embedding-cache.ts';
export { type QueryGallery, type QueryGalleryRequest, readQueryGallery } from './sources/query-gallery.ts';
export {
  type LabelledTable,
  type NotedVectors,
  readLabelledTable,
  readVectorFiles,
  type VectorFiles,
} from './sources/vector-files.ts';
export { type CollectionSplitOptions, splitOfCollection } from './split/collection-split.ts';
export {
  givenVectors,
  type ModelStage,
  type ModelStagesOptions,
  modelStages,
  type StageVectors,
} from './split/model-stages.ts';
export type { LiveCollection, SplitSource } from './split/split-loss.ts';
export type { SplitLoss, SplitRow, SplitStage } from './split/split-schema.ts';
export { timedPictures, timeEmbedding } from './split/time-embedding.ts';
export type { LabelledVectors, Metric, MetricOptions, Ranking } from './types.ts';
