// A bare session in a worker thread: the yardstick. Runs as many batches as it is asked for and tells how long they took.
import { parentPort, workerData } from 'node:worker_threads';
import { Session } from '../../src/runtime/index.ts';

/** What the thread is given. */
export interface RawSetup {
  readonly modelPath: string;
  readonly threads: number;
  readonly size: number;
  readonly batch: number;
}

const { modelPath, threads, size, batch } = workerData as RawSetup;
const session = await Session.open(modelPath, { provider: 'cpu', threads });
const data = Uint8Array.from({ length: batch * size * size * 3 }, (_, i) => (i * 31) % 256);
parentPort?.on('message', async (runs: number) => {
  const start = performance.now();
  for (let i = 0; i < runs; i += 1)
    await session.run({ image: { type: 'uint8', dims: [batch, size, size, 3], data } });
  parentPort?.postMessage(performance.now() - start);
});
parentPort?.postMessage(0);
