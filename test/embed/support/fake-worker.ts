// A worker without a model. The "model file" is a marker: present, the worker starts; absent, it fails to. The first
// pixel of a batch says what to do: one of `deeds`, or answer with it.
import { existsSync } from 'node:fs';
import type { BatchResult, InferenceOperations, WorkerSetup } from '../../../src/embed/operations.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import type { ProviderDecision } from '../../../src/runtime/index.ts';
import { serve } from '../../../src/threads/index.ts';
import { deeds } from './deeds.ts';

function crash(): Promise<BatchResult> {
  setImmediate(() => {
    throw new RangeError('a planted error');
  });
  return new Promise(() => {});
}

function run([deed = 0]: Uint8Array): BatchResult | Promise<BatchResult> {
  if (deed === deeds.exit) process.exit(3);
  if (deed === deeds.throw) return crash();
  if (deed === deeds.fail) throw new SnapshelfError('inference-failed', 'Planted.');
  if (deed === deeds.dawdle) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  return { vectors: Float32Array.of(deed), inferenceMs: 1 };
}

await serve<InferenceOperations, ProviderDecision>(({ modelPath, provider }: WorkerSetup) => {
  if (!existsSync(modelPath)) throw new SnapshelfError('model-not-found', 'There is no marker.');
  return { ready: { provider: 'cpu', reason: `asked for ${provider}` }, handlers: { run } };
});
