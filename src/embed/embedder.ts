import { SnapshelfError } from '../errors.ts';
import { type Pixels, preprocess, preprocessImage, type Turn } from '../image/index.ts';
import { type ModelFile, readModelFile } from '../model/index.ts';
import { joinPixels, vectorOf } from './batch.ts';
import { type Embedding, EmbedRequest, type Prepared } from './embed-request.ts';
import type { EmbedderInfo, EmbedderStats } from './info.ts';
import { MicroBatcher, systemClock } from './micro-batcher.ts';
import type { BatchResult, WorkerSetup } from './operations.ts';
import {
  type EmbedderOptions,
  type EmbedImageOptions,
  type EmbedOptions,
  type ResolvedOptions,
  resolveOptions,
} from './options.ts';
import { Throughput } from './throughput.ts';
import { warnOfInt8 } from './warn-of-int8.ts';
import { WorkerPool } from './worker-pool.ts';

/** Parts that tests and `CellEmbedder` replace; not for others. */
export interface EmbedderInternals {
  readonly script?: URL | undefined;
  readonly batchSizes?: readonly number[] | undefined;
  /** The ONNX file that runs in the place of the model's, and the numbers that it gives for a picture. */
  readonly instead?: { readonly bytes: Uint8Array; readonly numbers: number } | undefined;
}

/**
 * Embeds pictures with one model. Pictures are decoded on libuv's threads while worker threads run the model on batches of
 * the pictures that wait, so the calling thread stays responsive. Calls may overlap; the queue is bounded. An idle embedder
 * does not keep the process alive.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { Embedder } from 'snapshelf';
 *
 * await using embedder = await Embedder.open('models/snapshelf-lite.onnx');
 * const { vector } = await embedder.embed(await readFile('photo.jpg'));
 * console.log(vector.length, embedder.info.provider);
 * ```
 */
export class Embedder {
  readonly #model: ModelFile;
  readonly #options: ResolvedOptions;
  readonly #pool: WorkerPool;
  readonly #batcher: MicroBatcher<Prepared>;
  readonly #waiting = new Set<EmbedRequest>();
  readonly #running = new Set<Promise<void>>();
  readonly #throughput = new Throughput();
  readonly #counts = { running: 0, batches: 0, images: 0 };
  #closing: Promise<void> | undefined;

  private constructor(model: ModelFile, options: ResolvedOptions, internals: EmbedderInternals) {
    this.#model = model;
    this.#options = options;
    this.#pool = new WorkerPool({
      ...options,
      ...internals,
      setup: workerSetup(model, options, internals),
      onIdle: () => this.#batcher.pump(),
      onUnavailable: (error) => this.#failWaiting(error),
    });
    this.#batcher = new MicroBatcher<Prepared>({
      ...options,
      idle: () => this.#pool.idle,
      dispatch: (batch) => this.#dispatch(batch),
      retryAfterSeconds: (waiting) => this.#throughput.secondsFor(waiting / options.workers),
      clock: systemClock,
    });
  }

  /**
   * Starts the workers and loads the model into each.
   * @throws SnapshelfError `model-not-found`, `onnx-invalid`, `model-invalid`, `provider-unavailable`,
   * `inference-failed`, `worker-died`.
   * @throws RangeError for an option out of range.
   */
  static async open(
    modelPath: string,
    options: EmbedderOptions = {},
    internals: EmbedderInternals = {},
  ): Promise<Embedder> {
    const resolved = resolveOptions(options);
    const embedder = new Embedder(await readModelFile(modelPath), resolved, internals);
    await embedder.#pool.open();
    const { model, provider, providerReason } = embedder.info;
    warnOfInt8(model.metadata, provider, resolved.log);
    resolved.log.info(`${model.metadata.name} runs on ${provider}`, { provider, providerReason });
    return embedder;
  }

  /** The model and provider. */
  get info(): EmbedderInfo {
    const { provider, reason } = this.#pool.decision;
    const { dimension } = this.#model.metadata;
    return { model: this.#model, provider, providerReason: reason, dimension };
  }

  /**
   * Embeds an encoded picture.
   * @throws SnapshelfError `image-*` and `crop-invalid` for the picture, `queue-full` at once if too many wait
   * (`details.retryAfterSeconds`), `worker-died`, `inference-failed`, `closed`.
   * @throws unknown the signal's reason if it aborts.
   */
  embed(image: Uint8Array, options: EmbedImageOptions = {}): Promise<Embedding> {
    const { limits } = this.#options;
    const { preprocessing = this.#model.metadata.preprocessing } = options;
    return this.#request(options, (turn, signal) =>
      preprocessImage(image, preprocessing, { limits, crop: options.crop, signal, turn }),
    );
  }

  /**
   * Embeds a decoded picture, which is resized and cropped for the model.
   * @throws SnapshelfError as `embed`.
   * @throws RangeError if the pixels contradict their size.
   */
  embedPixels(pixels: Pixels, options: EmbedOptions = {}): Promise<Embedding> {
    const { preprocessing } = this.#model.metadata;
    return this.#request(options, (turn) =>
      turn(pixels.width * pixels.height, () => preprocess(pixels, preprocessing)),
    );
  }

  /** Returns counts of the present work, and of the work since the embedder was opened. */
  stats(): EmbedderStats {
    return { ...this.#counts, queued: this.#batcher.waiting, restarts: this.#pool.restarts };
  }

  /** Waits for the batches that run, rejects waiting pictures with `closed`, and ends the worker threads. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#failWaiting(closed());
    await Promise.all(this.#running);
    await this.#pool.close();
  }

  async #request(
    { signal, background = false, priority = background ? 'background' : 'foreground' }: EmbedOptions,
    decode: (turn: Turn, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>,
  ): Promise<Embedding> {
    signal?.throwIfAborted();
    if (this.#closing !== undefined) throw closed();
    const unavailable = this.#pool.wake();
    if (unavailable !== undefined) throw unavailable;
    const request = new EmbedRequest(this.#batcher.admit(priority), systemClock, signal);
    this.#waiting.add(request);
    void request.prepare(decode, priority);
    try {
      return await request.result;
    } finally {
      this.#waiting.delete(request);
    }
  }

  #failWaiting(error: SnapshelfError): void {
    for (const request of this.#waiting) request.fail(error);
  }

  #dispatch(batch: readonly Prepared[]): void {
    for (const { request } of batch) {
      this.#waiting.delete(request);
      request.begin();
    }
    this.#counts.running += batch.length;
    const running = this.#run(batch).finally(() => {
      this.#counts.running -= batch.length;
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  async #run(batch: readonly Prepared[]): Promise<void> {
    try {
      const result = await this.#pool.run(joinPixels(batch), batch.length);
      this.#count(batch.length, result);
      for (const [i, { request }] of batch.entries())
        request.succeed(vectorOf(result, i, batch.length), result.inferenceMs);
    } catch (error) {
      for (const { request } of batch) request.fail(error);
    }
  }

  #count(images: number, { inferenceMs }: BatchResult): void {
    this.#throughput.record(images, inferenceMs);
    this.#counts.batches += 1;
    this.#counts.images += images;
  }
}

const closed = (): SnapshelfError =>
  new SnapshelfError('closed', 'The embedder was closed. Open another one.');

function workerSetup(
  { path, id, metadata }: ModelFile,
  { provider, threads }: ResolvedOptions,
  { batchSizes, instead }: EmbedderInternals,
): WorkerSetup {
  const dimension = instead?.numbers ?? metadata.dimension;
  const { crop } = metadata.preprocessing;
  const model = { modelPath: path, modelId: id, modelBytes: instead?.bytes };
  return { ...model, dimension, ...crop, provider, threads, batchSizes };
}
