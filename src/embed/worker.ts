// The thread that holds one session. It answers in the order it is asked: `run` blocks it anyway.
import { parentPort, workerData } from 'node:worker_threads';
import { serializeError } from '../errors.ts';
import { BatchInference } from './batch-inference.ts';
import { lower } from './exit-guard.ts';
import type { Reply, Request, WorkerData } from './protocol.ts';

if (parentPort === null) throw new TypeError('embed/worker is the entry of a worker thread');
const port = parentPort;
const { setup, busy } = workerData as WorkerData;

async function run(inference: BatchInference, pixels: Uint8Array<ArrayBuffer>, count: number): Promise<void> {
  try {
    const { vectors, inferenceMs } = await inference.run(pixels, count);
    post({ kind: 'result', vectors, inferenceMs }, [vectors.buffer]);
  } catch (error) {
    post({ kind: 'error', error: serializeError(error) });
  }
}

async function close(inference: BatchInference): Promise<void> {
  port.close(); // nothing else keeps the thread
  await inference.close();
  lower(busy);
}

function post(reply: Reply, transfer: ArrayBuffer[] = []): void {
  lower(busy);
  port.postMessage(reply, transfer);
}

try {
  const inference = await BatchInference.open(setup);
  port.on('message', (request: Request) => {
    if (request.kind === 'close') void close(inference);
    else void run(inference, request.pixels, request.count);
  });
  post({ kind: 'ready', decision: inference.decision });
} catch (error) {
  post({ kind: 'failed', error: serializeError(error) });
  port.close();
}
