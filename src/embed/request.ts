import { setMaxListeners } from 'node:events';
import type { Gate } from './gate.ts';
import type { Clock, Place } from './micro-batcher.ts';

/** Where a picture's time went, in milliseconds. */
export interface EmbeddingTimings {
  /** Decoding, resizing, cropping. */
  readonly decodeMs: number;
  /** Waiting: for a turn to be decoded, and for a worker. */
  readonly queueMs: number;
  /** The model's own run on the batch that the picture was in. */
  readonly inferenceMs: number;
}

/** A picture as a vector. */
export interface Embedding {
  /** float32[D], as the model gives it: not normalised. */
  readonly vector: Float32Array<ArrayBuffer>;
  readonly timings: EmbeddingTimings;
}

/** A request whose picture is ready for the model. */
export interface Prepared {
  readonly request: EmbedRequest;
  /** uint8[H,W,3] */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** One picture on its way. Its promise is settled exactly once, by whoever comes first: result, failure or abort. */
export class EmbedRequest {
  readonly result: Promise<Embedding>;
  readonly #place: Place<Prepared>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #failed = new AbortController();
  readonly #admittedAt: number;
  readonly #onAbort = (): void => this.fail(this.#signal?.reason);
  #resolve: (embedding: Embedding) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #decodeMs = 0;
  #queueMs = 0;

  constructor(place: Place<Prepared>, clock: Clock, signal: AbortSignal | undefined) {
    this.#place = place;
    this.#clock = clock;
    this.#signal = signal;
    this.#admittedAt = clock.now();
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal !== undefined) {
      setMaxListeners(0, signal); // one signal for many pictures is no leak
      signal.addEventListener('abort', this.#onAbort);
    }
  }

  /** Decodes when the gate lets it, then joins the queue for the model. Never rejects: the request itself fails. */
  async prepare(
    gate: Gate,
    decode: (signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>,
    background = false,
  ): Promise<void> {
    const { signal } = this.#failed;
    try {
      const pixels = await gate.run(
        async () => {
          const start = this.#clock.now();
          const decoded = await decode(signal);
          this.#decodeMs = this.#clock.now() - start;
          return decoded;
        },
        signal,
        background,
      );
      this.#place.submit({ request: this, pixels });
    } catch (error) {
      this.fail(error);
    }
  }

  /** Notes that the model begins. */
  begin(): void {
    this.#queueMs = this.#clock.now() - this.#admittedAt - this.#decodeMs;
  }

  succeed(vector: Float32Array<ArrayBuffer>, inferenceMs: number): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#resolve({ vector, timings: { decodeMs: this.#decodeMs, queueMs: this.#queueMs, inferenceMs } });
  }

  /** Rejects with `reason`, leaves the queue, and stops the decoding where it has not begun. */
  fail(reason: unknown): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#place.leave();
    this.#failed.abort(reason);
    this.#reject(reason);
  }
}
