import { SnapshelfError } from '../errors.ts';
import { readHashed } from '../files/index.ts';
import { type ProviderDecision, Session } from '../runtime/index.ts';
import { type BatchResult, paddedSizes, type WorkerSetup } from './operations.ts';

/** Returns the smallest of `sizes` (ascending) that holds `count`, or `count` itself if none does. */
export function paddedSize(count: number, sizes: readonly number[]): number {
  return sizes.find((size) => size >= count) ?? count;
}

/** A model that embeds batches of preprocessed pictures. It blocks the event loop, so it belongs in a worker thread. */
export class BatchInference {
  readonly #session: Session;
  readonly #setup: WorkerSetup;
  readonly #sizes: readonly number[];

  private constructor(session: Session, setup: WorkerSetup) {
    this.#session = session;
    this.#setup = setup;
    this.#sizes = setup.batchSizes ?? paddedSizes[session.decision.provider];
  }

  /**
   * Opens the model and runs it once on every batch size that it is padded to, so that the first request is not slow and a
   * model whose output contradicts its metadata is refused.
   * @throws SnapshelfError `model-not-found`, `onnx-invalid`, `model-invalid`, `provider-unavailable`,
   * `inference-failed`.
   */
  static async open(setup: WorkerSetup): Promise<BatchInference> {
    const session = await Session.open(await checkedBytes(setup), {
      provider: setup.provider,
      threads: setup.threads,
    });
    const inference = new BatchInference(session, setup);
    const imageBytes = setup.height * setup.width * 3;
    for (const size of [1, ...inference.#sizes]) await inference.run(new Uint8Array(size * imageBytes), size);
    return inference;
  }

  /** The provider that the model runs on. */
  get decision(): ProviderDecision {
    return this.#session.decision;
  }

  /**
   * Embeds a batch.
   * @param pixels `uint8[count,H,W,3]`
   * @throws SnapshelfError `inference-failed`; `model-invalid` if the output is not `float32[count,D]`.
   */
  async run(pixels: Uint8Array<ArrayBuffer>, count: number): Promise<BatchResult> {
    const { height, width, dimension } = this.#setup;
    const size = paddedSize(count, this.#sizes);
    const data = size === count ? pixels : padded(pixels, size * height * width * 3);
    const start = performance.now();
    const { embedding } = await this.#session.run({
      image: { type: 'uint8', dims: [size, height, width, 3], data },
    });
    const inferenceMs = performance.now() - start;
    if (!(embedding?.data instanceof Float32Array) || embedding.data.length !== size * dimension)
      throw new SnapshelfError(
        'model-invalid',
        `The model's output is not float32[N,${dimension}] 'embedding'.`,
      );
    return { vectors: embedding.data.slice(0, count * dimension), inferenceMs };
  }

  /** Frees the model's memory. */
  close(): Promise<void> {
    return this.#session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The largest file that protobuf allows, in bytes. */
const largestFile = 2 ** 31 - 1;

/**
 * The bytes of the model that the embedder has checked. Their hash is enough: to check them again would load the readers
 * of ONNX and of metadata into every thread, which takes longer than all else that it loads.
 */
async function checkedBytes({ modelPath, modelId, modelBytes }: WorkerSetup): Promise<Uint8Array> {
  if (modelBytes !== undefined) return modelBytes;
  const { bytes, sha256 } = await readHashed(modelPath, largestFile).catch((cause: Error) => {
    const message = `The model ${modelPath} cannot be read: ${cause.message}.`;
    throw new SnapshelfError('model-not-found', message, { cause });
  });
  if (sha256 === modelId) return bytes;
  throw new SnapshelfError(
    'model-invalid',
    `The model file ${modelPath} has changed since it was opened. Open it again to use the new one.`,
    { details: { expected: modelId, found: sha256 } },
  );
}

function padded(pixels: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(pixels);
  return larger;
}
