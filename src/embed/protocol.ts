import type { SerializedError } from '../errors.ts';
import type { Provider, ProviderChoice, ProviderDecision } from '../runtime/index.ts';
import type { BusyFlag } from './exit-guard.ts';

/** What a worker thread needs to open its session. */
export interface WorkerSetup {
  readonly modelPath: string;
  /** SHA-256 of the model file: a replacement must not serve a file that changed meanwhile. */
  readonly modelId: string;
  readonly provider: ProviderChoice;
  readonly threads: number;
  readonly height: number;
  readonly width: number;
  readonly dimension: number;
  /** Batches are padded to the next of these sizes, ascending; `undefined`: as the provider likes it. */
  readonly batchSizes?: readonly number[] | undefined;
}

/** All that a thread is given when it starts. */
export interface WorkerData {
  readonly setup: WorkerSetup;
  /** Up from the start; the thread lowers it after starting and after each request. */
  readonly busy: BusyFlag;
}

/** From the pool to a worker. */
export type Request =
  | { readonly kind: 'run'; readonly pixels: Uint8Array<ArrayBuffer>; readonly count: number }
  | { readonly kind: 'close' };

/** What a worker made of a batch. */
export interface BatchResult {
  /** float32[B,D] */
  readonly vectors: Float32Array<ArrayBuffer>;
  /** The model's own run time. */
  readonly inferenceMs: number;
}

/** From a worker to the pool. `ready` or `failed` comes first and once, then one answer for each `run`. */
export type Reply =
  | { readonly kind: 'ready'; readonly decision: ProviderDecision }
  | { readonly kind: 'failed'; readonly error: SerializedError }
  | ({ readonly kind: 'result' } & BatchResult)
  | { readonly kind: 'error'; readonly error: SerializedError };

/** CUDA tunes its convolutions for each batch size anew, so it sees only these; the CPU takes any. */
export const paddedSizes: Readonly<Record<Provider, readonly number[]>> = { cpu: [], cuda: [1, 8, 32, 64] };
