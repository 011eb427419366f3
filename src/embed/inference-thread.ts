// The main module of the thread that holds one session.
import type { ProviderDecision } from '../runtime/index.ts';
import { lowerPriority, serve, transfer } from '../threads/index.ts';
import { BatchInference } from './batch-inference.ts';
import type { InferenceOperations, WorkerSetup } from './operations.ts';

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
