// The thread that holds one session. It answers in the order it is asked: `run` blocks it anyway.
import { parentPort, workerData } from 'node:worker_threads';
import { serializeError } from '../errors.ts';
import { BatchInference } from './batch-inference.ts';
import type { Reply, Request, WorkerSetup } from './protocol.ts';

if (parentPort === null) throw new TypeError('embed/worker is the entry of a worker thread');
const port = parentPort;
const reply = (message: Reply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

async function answer(inference: BatchInference, request: Request): Promise<void> {
  if (request.kind === 'close') {
    port.close(); // nothing else keeps the thread
    return inference.close();
  }
  try {
    const { vectors, inferenceMs } = await inference.run(request.pixels, request.count);
    reply({ kind: 'result', vectors, inferenceMs }, [vectors.buffer]);
  } catch (error) {
    reply({ kind: 'error', error: serializeError(error) });
  }
}

try {
  const inference = await BatchInference.open(workerData as WorkerSetup);
  port.on('message', (request: Request) => void answer(inference, request));
  reply({ kind: 'ready', decision: inference.decision });
} catch (error) {
  reply({ kind: 'failed', error: serializeError(error) });
  port.close();
}
