export { type AppOptions, createApp } from './app.ts';
export { Evaluations, type EvaluationsOptions } from './evaluations/evaluations.ts';
export type { EvaluationJob } from './evaluations/store.ts';
export { createLogger } from './logger.ts';
export type { Problem } from './problem.ts';
export type { Readiness } from './routes/health.ts';
export { type RunOptions, runServer } from './run-server.ts';
export { type RunningServer, type ServerOptions, startServer } from './server.ts';
export { defaultUploadLimits, type UploadLimits } from './uploads.ts';
