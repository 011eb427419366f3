import type { Provider, ProviderChoice } from '../runtime/index.ts';

/** Data that a worker thread needs to open its session. */
export interface WorkerSetup {
  readonly modelPath: string;
  /** SHA-256 of the model file: a thread that replaces another must not serve a file that has changed meanwhile. */
  readonly modelId: string;
  /** The bytes that run in the place of the file's. */
  readonly modelBytes?: Uint8Array | undefined;
  readonly provider: ProviderChoice;
  /** Threads that the model runs on, 1 or more. */
  readonly threads: number;
  /** Height of the model's input in pixels. */
  readonly height: number;
  /** Width of the model's input in pixels. */
  readonly width: number;
  /** D, the length of an embedding. */
  readonly dimension: number;
  /** Sizes that batches are padded to, ascending. Default: those of the provider, see `paddedSizes`. */
  readonly batchSizes?: readonly number[] | undefined;
}

/** The embeddings of a batch. */
export interface BatchResult {
  /** `float32[B,D]` */
  readonly vectors: Float32Array<ArrayBuffer>;
  /** Run time of the model, in milliseconds. */
  readonly inferenceMs: number;
}

/** The operations of a worker thread. */
export interface InferenceOperations {
  /** Embeds `count` pictures, `uint8[count,H,W,3]`. */
  run(pixels: Uint8Array<ArrayBuffer>, count: number): BatchResult;
}

/** The batch sizes that a provider runs: CUDA tunes its convolutions for each new size; the CPU takes any. */
export const paddedSizes: Readonly<Record<Provider, readonly number[]>> = { cpu: [], cuda: [1, 8, 32, 64] };
