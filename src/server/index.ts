export { type AppOptions, createApp } from './app.ts';
export { Evaluations, type EvaluationsOptions } from './evaluations/evaluations.ts';
export type { EvaluationSummary } from './evaluations/job-file.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { createLogger } from './logger.ts';
export type { Problem } from './problem.ts';
export type { Readiness } from './routes/health.ts';
export { type RunOptions, runServer } from './run-server.ts';
export { type RunningServer, type ServerOptions, startServer } from './server.ts';
