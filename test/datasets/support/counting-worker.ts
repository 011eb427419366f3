// A loader's thread that makes empty batches at once and says on a channel which it was asked for.
import { parentPort } from 'node:worker_threads';
import type { MakerRequest } from '../../../src/datasets/loader-protocol.ts';

const channel = new BroadcastChannel('snapshelf-test-orders');
parentPort?.on('message', (request: MakerRequest) => {
  if (request.kind === 'make') {
    const { run, index } = request.order;
    channel.postMessage(index);
    parentPort?.postMessage({ kind: 'batch', run, index, images: new Uint8Array(1) });
  } else if (request.kind === 'close') {
    channel.close();
    parentPort?.close();
  }
});
parentPort?.postMessage({ kind: 'ready' });
