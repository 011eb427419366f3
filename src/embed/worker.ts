// The thread that holds one session. It answers in the order it is asked: `run` blocks it anyway.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { serializeError } from '../errors.ts';
import { BatchInference } from './batch-inference.ts';
import { lower } from './exit-guard.ts';
import type { Reply, Request, WorkerData } from './protocol.ts';

if (parentPort === null) throw new TypeError('embed/worker is the entry of a worker thread');
const port = parentPort;
const { setup, busy } = workerData as WorkerData;

/** Below the thread that serves requests, which then gets a core at once when it has something to do. */
const nice = 5;

/** On Linux a priority belongs to a thread and the threads that it starts; elsewhere it would be the whole process's. */
function stepBack(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, nice);
  } catch {
    // A system that does not allow it runs all threads alike.
  }
}

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

stepBack();
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
