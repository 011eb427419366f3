export { type ProcessLimits, type RunProcessOptions, runProcess } from './child-process.ts';
export { pipeline } from './pipeline.ts';
export { type Priority, PriorityQueue } from './priority-queue.ts';
export { Semaphore, type SemaphoreOptions } from './semaphore.ts';
export { type CallContext, type Handlers, type Served, serve, transfer } from './serve.ts';
export { type ProcessContext, serveProcess } from './serve-process.ts';
export { inheritedFlags, startWorker, type WorkerOptions, workerScript } from './start-worker.ts';
export { watchOver } from './watchdog.ts';
export { type CallOptions, WorkerThread, type WorkerThreadOptions } from './worker-thread.ts';
