// A loader's thread that makes empty batches at once and says on a channel which it was asked for.
import type { BatchOperations } from '../../../../src/datasets/loader/batch-order.ts';
import { serve } from '../../../../src/threads/index.ts';

const channel = new BroadcastChannel('snapshelf-test-orders');

await serve<BatchOperations>(() => ({
  ready: undefined,
  handlers: {
    open: () => {},
    make({ index }) {
      channel.postMessage(index);
      return new Uint8Array(1);
    },
  },
  close: () => channel.close(),
}));
