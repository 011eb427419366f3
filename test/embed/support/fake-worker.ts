// A worker without a model. The "model file" is a marker: present, the worker starts; absent, it fails to. The first
// pixel of a batch says what to do: one of `deeds`, or answer with it.
import { existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { lower } from '../../../src/embed/exit-guard.ts';
import type { Reply, Request, WorkerData } from '../../../src/embed/protocol.ts';
import { deeds } from './deeds.ts';

const { setup, busy } = workerData as WorkerData;
const reply = (message: Reply): void => {
  lower(busy);
  parentPort?.postMessage(message);
};

const planted: Reply = {
  kind: 'error',
  error: { name: 'SnapshelfError', message: 'planted', code: 'inference-failed' },
};

function run([deed = 0]: Uint8Array): Reply {
  if (deed === deeds.exit) process.exit(3);
  if (deed === deeds.throw) throw new RangeError('a planted error');
  if (deed === deeds.fail) return planted;
  if (deed === deeds.dawdle) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  return { kind: 'result', vectors: Float32Array.of(deed), inferenceMs: 1 };
}

function answer(request: Request): void {
  if (request.kind === 'close') parentPort?.close();
  else reply(run(request.pixels));
}

if (existsSync(setup.modelPath)) {
  parentPort?.on('message', answer);
  reply({ kind: 'ready', decision: { provider: 'cpu', reason: `asked for ${setup.provider}` } });
} else {
  reply({ kind: 'failed', error: { name: 'SnapshelfError', message: 'no marker', code: 'model-not-found' } });
}
