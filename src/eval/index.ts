export { type ComparedFigure, type Comparison, compareEvaluations } from './compare.ts';
export { type EvaluationInput, type EvaluationOptions, evaluate } from './evaluate.ts';
export type { Circumstances, Evaluation, Example, MetricEvaluation, Subject } from './evaluation.ts';
export type { DistanceHistogram } from './histogram.ts';
export type { IndexComparison, IndexPoint } from './index-recall.ts';
export type {
  CollectionEvaluation,
  EvaluationRequest,
  Job,
  JobFigures,
  JobProgress,
  ManifestEntry,
} from './jobs/job.ts';
export { readRequestFile } from './jobs/request.ts';
export { runJob } from './jobs/run-job.ts';
export type { Convention, FigureSet, FigureSummary, LabelFigures } from './metrics/index.ts';
export { parseEvaluation } from './parse.ts';
export type { PublishedResult } from './published.ts';
export { type CollectionRequest, type CollectionSides, readCollection } from './source/collection.ts';
export { type EmbeddedSamples, type EmbedSamplesOptions, embedSamples } from './source/embed-samples.ts';
export { EmbeddingCache } from './source/embedding-cache.ts';
export {
  defaultKs,
  type Protocol,
  protocols,
  readSides,
  type Sides,
  type SidesRequest,
} from './source/protocol.ts';
export { readVectorFiles, type VectorFiles } from './source/vector-files.ts';
export type { LabelledVectors, Metric, Ranking } from './types.ts';
