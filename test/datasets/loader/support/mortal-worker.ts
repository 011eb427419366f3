// A loader's thread that starts well and ends when the first batch is asked for.
import type { BatchOperations } from '../../../../src/datasets/loader/batch-order.ts';
import { serve } from '../../../../src/threads/index.ts';

await serve<BatchOperations>(() => ({
  ready: undefined,
  handlers: { open: () => {}, make: () => process.exit(3) },
}));
