import { Worker } from 'node:worker_threads';
import { deserializeError, SnapshelfError } from '../errors.ts';
import { disableTelemetry, type ProviderDecision } from '../runtime/index.ts';
import { guardExit, newBusyFlag, raise, releaseExit } from './exit-guard.ts';
import type { BatchResult, Reply, Request, WorkerData, WorkerSetup } from './protocol.ts';

interface Waiter {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** A thread whose model is loaded, and what the model runs on. */
export interface StartedThread {
  readonly thread: WorkerThread;
  readonly decision: ProviderDecision;
}

/**
 * One life of a worker thread, from its start to its end. It owes one answer at a time: the first says whether it
 * started, each further one belongs to a batch. It keeps the process alive only while it owes one. It is never
 * terminated from outside, because that aborts the process when it hits a native call (see exit-guard.ts).
 */
export class WorkerThread {
  readonly #worker: Worker;
  readonly #busy = newBusyFlag();
  #waiter: Waiter | undefined;
  #death: SnapshelfError | undefined;
  #closing = false;

  /** Resolves with a `worker-died` error when the thread has ended, whatever the reason. */
  readonly ended: Promise<SnapshelfError>;

  private constructor(script: URL, setup: WorkerSetup) {
    const workerData: WorkerData = { setup, busy: this.#busy };
    disableTelemetry();
    this.#worker = new Worker(script, { workerData, name: 'snapshelf-embed', ...flags() });
    guardExit(this.#busy);
    let cause: unknown;
    this.#worker.on('error', (error) => {
      cause = error;
    });
    this.#worker.on('message', (reply: Reply) => this.#waiter?.resolve(reply));
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => resolve(this.#died(code, cause)));
    });
  }

  /**
   * Starts a thread and waits until its model is loaded.
   * @throws SnapshelfError: what the thread reports (`model-not-found`, `onnx-invalid`, `model-invalid`,
   * `provider-unavailable`, `inference-failed`), or `worker-died`.
   */
  static async start(script: URL, setup: WorkerSetup): Promise<StartedThread> {
    const thread = new WorkerThread(script, setup);
    const reply = await thread.#reply();
    if (reply.kind === 'ready') return { thread, decision: reply.decision };
    await thread.close();
    throw asError(reply);
  }

  /** Whether the thread could still answer. */
  get alive(): boolean {
    return this.#death === undefined;
  }

  /**
   * Embeds one batch; not to be called before the last one was answered.
   * @param pixels uint8[count,H,W,3]; moved to the thread, so unusable afterwards.
   * @throws SnapshelfError `inference-failed`, `model-invalid`, `worker-died`.
   */
  async run(pixels: Uint8Array<ArrayBuffer>, count: number): Promise<BatchResult> {
    this.#send({ kind: 'run', pixels, count }, [pixels.buffer]);
    const reply = await this.#reply();
    if (reply.kind === 'result') return { vectors: reply.vectors, inferenceMs: reply.inferenceMs };
    throw asError(reply);
  }

  /** Ends the thread once it has finished what it runs. */
  async close(): Promise<void> {
    if (!this.alive) return;
    this.#closing = true;
    this.#worker.ref();
    this.#send({ kind: 'close' });
    await this.ended;
  }

  #send(request: Request, transfer: ArrayBuffer[] = []): void {
    raise(this.#busy);
    this.#worker.postMessage(request, transfer);
  }

  async #reply(): Promise<Reply> {
    if (this.#death !== undefined) throw this.#death;
    this.#worker.ref();
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#waiter = { resolve, reject };
      });
    } finally {
      this.#waiter = undefined;
      if (!this.#closing) this.#worker.unref();
    }
  }

  #died(code: number, cause: unknown): SnapshelfError {
    releaseExit(this.#busy);
    const why = cause instanceof Error ? cause.message : `exit code ${code}`;
    const message = `The worker thread that embeds images ended (${why}). Send the image again.`;
    this.#death = new SnapshelfError('worker-died', message, { cause });
    this.#waiter?.reject(this.#death);
    return this.#death;
  }
}

/** A thread inherits the flags of the process; of `node --eval` it must not, since it refuses --input-type. */
function flags(): { readonly execArgv?: string[] } {
  const evaluated = process.execArgv.some((flag) => flag.startsWith('--input-type'));
  return evaluated ? { execArgv: [] } : {};
}

function asError(reply: Reply): Error {
  if (reply.kind === 'failed' || reply.kind === 'error') return deserializeError(reply.error);
  return new SnapshelfError('internal', `The worker thread answered '${reply.kind}' out of turn.`);
}
