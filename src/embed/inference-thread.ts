// The main module of the thread that holds one session.
import { setPriority } from 'node:os';
import type { ProviderDecision } from '../runtime/index.ts';
import { serve, transfer } from '../threads/index.ts';
import { BatchInference } from './batch-inference.ts';
import type { InferenceOperations, WorkerSetup } from './operations.ts';

/** Niceness below the thread that serves requests, which then gets a core at once if it has something to do. */
const nice = 5;

/** Lowers the priority of this thread. On Linux it belongs to a thread; elsewhere it would be that of the whole process. */
function lowerPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, nice);
  } catch {
    // A system that does not allow it runs all threads alike.
  }
}

lowerPriority();
await serve<InferenceOperations, ProviderDecision>(async (setup: WorkerSetup) => {
  const inference = await BatchInference.open(setup);
  return {
    ready: inference.decision,
    handlers: {
      async run(pixels, count) {
        const result = await inference.run(pixels, count);
        return transfer(result, [result.vectors.buffer]);
      },
    },
    close: () => inference.close(),
  };
});
