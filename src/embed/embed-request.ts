import { setMaxListeners } from 'node:events';
import { inDecodingTurn, type Turn } from '../image/index.ts';
import type { Priority } from '../threads/index.ts';
import type { Clock, Place } from './micro-batcher.ts';

/** The stages of an embedding, in milliseconds. */
export interface EmbeddingTimings {
  /** Time to decode, resize and crop. */
  readonly decodeMs: number;
  /** Time of waiting, for a turn to be decoded and for a worker. */
  readonly queueMs: number;
  /** Run time of the model on the batch of the picture. */
  readonly inferenceMs: number;
}

/** A picture's vector, and the time that it took. */
export interface Embedding {
  /** `float32[D]`, the raw output of the model: not normalised. */
  readonly vector: Float32Array<ArrayBuffer>;
  readonly timings: EmbeddingTimings;
}

/** A request whose picture is ready for the model. */
export interface Prepared {
  readonly request: EmbedRequest;
  /** `uint8[H,W,3]` */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** One picture under way. Its promise settles exactly once: with the result, the failure or the abort, whichever is first. */
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
      setMaxListeners(0, signal); // One signal for many pictures is not a leak.
      signal.addEventListener('abort', this.#onAbort);
    }
  }

  /**
   * Decodes when it is the picture's turn, then joins the queue for the model. Never rejects: `result` does.
   * @param decode is given how to wait for the turn
   */
  async prepare(
    decode: (turn: Turn, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>,
    priority: Priority,
  ): Promise<void> {
    const { signal } = this.#failed;
    const turn: Turn = (size, work) =>
      inDecodingTurn(
        async () => {
          const start = this.#clock.now();
          const decoded = await work();
          this.#decodeMs = this.#clock.now() - start;
          return decoded;
        },
        { pixels: size, signal, priority },
      );
    try {
      const pixels = await decode(turn, signal);
      this.#place.submit({ request: this, pixels });
    } catch (error) {
      this.fail(error);
    }
  }

  /** Records that the model begins. */
  begin(): void {
    this.#queueMs = this.#clock.now() - this.#admittedAt - this.#decodeMs;
  }

  /** Resolves with the vector of the picture. */
  succeed(vector: Float32Array<ArrayBuffer>, inferenceMs: number): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#resolve({ vector, timings: { decodeMs: this.#decodeMs, queueMs: this.#queueMs, inferenceMs } });
  }

  /** Rejects with `reason`, leaves the queue, and cancels the decoding if it has not begun. */
  fail(reason: unknown): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#place.leave();
    this.#failed.abort(reason);
    this.#reject(reason);
  }
}
