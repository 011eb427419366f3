import { setMaxListeners } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { deserializeError, SnapshelfError } from '../errors.ts';
import { type BusyCount, guardExit, markBusy, newBusyCount, releaseExit } from './exit-guard.ts';
import {
  type Answer,
  type Arguments,
  type FromThread,
  type StartData,
  startId,
  type ToThread,
} from './messages.ts';
import { requestOfWork } from './request.ts';
import { Semaphore } from './semaphore.ts';
import { startWorker, type WorkerOptions } from './start-worker.ts';

/** Options of `WorkerThread.start`. */
export interface WorkerThreadOptions<N> extends WorkerOptions {
  /** The message of `worker-died`, without a full stop: what has ended, such as `The thread that embeds images has ended`. */
  readonly ended: string;
  /** Advice after it, a sentence. */
  readonly advice?: string | undefined;
  /** The message of `closed`. */
  readonly closed: string;
  /** Called with what the thread tells unasked. */
  readonly onNotice?: ((notice: N) => void) | undefined;
  /** Calls that the thread has at a time; more wait here. Default: no limit. */
  readonly maxConcurrent?: number | undefined;
  /**
   * True for a thread that calls ONNX Runtime: the process then waits for its calls when it exits, at most 10 seconds.
   * Default false.
   */
  readonly guardExit?: boolean | undefined;
  /** True keeps the process alive until `close`, false only while a call is not answered. Default false. */
  readonly keepAlive?: boolean | undefined;
}

/** Options of `WorkerThread.call`. */
export interface CallOptions {
  /** Ends the wait for the answer; the thread is told. */
  readonly signal?: AbortSignal | undefined;
  /** Memory that is handed over instead of copied; unusable afterwards. */
  readonly transfer?: readonly ArrayBuffer[] | undefined;
}

/** The longest that `waitUntilAnswered` waits for one call, in milliseconds. */
const longestWaitMs = 120_000;

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The owner's end of a thread that runs `serve`, from its start to its end. Every call is answered, or rejected when the
 * thread dies. The thread is never terminated from outside: that aborts the process when it hits a native call.
 */
export class WorkerThread<O, N = never> {
  readonly #worker: Worker;
  readonly #options: WorkerThreadOptions<N>;
  readonly #busy: BusyCount = newBusyCount();
  readonly #pending = new Map<number, Pending>();
  readonly #slots: Semaphore | undefined;
  #lastId = startId;
  /** The reason why no further call is taken. */
  #end: SnapshelfError | undefined;
  #closing: Promise<void> | undefined;
  /** Resolves with the `ready` value. */
  readonly #ready: Promise<unknown>;

  /** Resolves when the thread has ended, with the reason: `worker-died`, or `closed` after `close`. */
  readonly ended: Promise<SnapshelfError>;

  private constructor(script: URL, options: WorkerThreadOptions<N>) {
    this.#options = options;
    const { maxConcurrent } = options;
    this.#slots = maxConcurrent === undefined ? undefined : new Semaphore(maxConcurrent);
    markBusy(this.#busy);
    const data: StartData = { setup: options.data, busy: this.#busy };
    this.#worker = startWorker(script, { ...options, data });
    if (options.guardExit) guardExit(this.#busy);
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    let cause: unknown;
    this.#worker.on('error', (error) => {
      cause = error;
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => resolve(this.#die(code, cause)));
    });
    this.#ready = this.#answerTo(startId);
  }

  /** Starts a thread and does not wait until it has started, as its calls do: one that cannot start has ended. */
  static launch<O, N = never>(script: URL, options: WorkerThreadOptions<N>): WorkerThread<O, N> {
    const thread = new WorkerThread<O, N>(script, options);
    thread.#ready.catch(() => undefined);
    return thread;
  }

  /**
   * Starts a thread and waits until it can be called.
   * @param script from `mainModule`
   * @returns the thread, and its `ready` value
   * @throws the error of its start; SnapshelfError `worker-died`.
   */
  static async start<O, R = undefined, N = never>(
    script: URL,
    options: WorkerThreadOptions<N>,
  ): Promise<{ readonly thread: WorkerThread<O, N>; readonly ready: R }> {
    const thread = new WorkerThread<O, N>(script, options);
    try {
      return { thread, ready: (await thread.#ready) as R };
    } catch (error) {
      thread.#worker.ref();
      await thread.ended;
      throw error;
    }
  }

  /** False once the thread has ended, is closing, or is about to end. */
  get alive(): boolean {
    return this.#end === undefined;
  }

  /**
   * Has the thread perform an operation.
   * @throws the error of the operation; SnapshelfError `worker-died`, `closed`; the signal's reason.
   */
  async call<K extends keyof O & string>(
    operation: K,
    given: Arguments<O[K]>,
    options: CallOptions = {},
  ): Promise<Answer<O[K]>> {
    options.signal?.throwIfAborted();
    const send = () => this.#send<Answer<O[K]>>(operation, given, options);
    return this.#slots === undefined ? send() : this.#slots.run(1, send, { signal: options.signal });
  }

  /** Blocks this thread until the other has performed every call; the answers are told later. */
  waitUntilAnswered(): void {
    for (let busy = Atomics.load(this.#busy, 0); busy > 0; busy = Atomics.load(this.#busy, 0))
      if (
        this.#end?.code === 'worker-died' ||
        Atomics.wait(this.#busy, 0, busy, longestWaitMs) === 'timed-out'
      )
        return;
  }

  /**
   * Ends the thread when every call was answered. Calling it again waits for the same end.
   * @throws the error of the thread's own closing; SnapshelfError `worker-died` if it ends without having closed.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#end === undefined) {
      this.#end = new SnapshelfError('closed', this.#options.closed);
      markBusy(this.#busy);
      // Both answers have the same number. A thread that has not started ends by itself.
      const hasStarted = await this.#ready.then(
        () => true,
        () => false,
      );
      if (hasStarted) await this.#askToClose();
    }
    await this.ended;
  }

  #askToClose(): Promise<void> {
    const closed = this.#answerTo<void>(startId);
    this.#worker.postMessage({ close: true } satisfies ToThread);
    return closed;
  }

  async #send<T>(
    operation: string,
    given: readonly unknown[],
    { signal, transfer }: CallOptions,
  ): Promise<T> {
    if (this.#end !== undefined) throw this.#end;
    this.#lastId += 1;
    const id = this.#lastId;
    // First, because it throws for what cannot be cloned.
    const message: ToThread = { id, operation, given, request: requestOfWork() };
    this.#worker.postMessage(message, [...(transfer ?? [])]);
    markBusy(this.#busy);
    const answer = this.#answerTo<T>(id);
    if (signal === undefined) return answer;
    const abort = (): void => {
      this.#worker.postMessage({ cancel: id } satisfies ToThread);
      this.#settle(id)?.reject(signal.reason);
    };
    // One signal for many calls is no leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', abort, { once: true });
    return answer.finally(() => signal.removeEventListener('abort', abort));
  }

  #answerTo<T>(id: number): Promise<T> {
    this.#worker.ref();
    return new Promise<T>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  #receive(message: FromThread): void {
    if ('notice' in message) {
      this.#options.onNotice?.(message.notice as N);
      return;
    }
    const pending = this.#settle(message.id);
    if ('error' in message) pending?.reject(deserializeError(message.error));
    else pending?.resolve(message.value as never);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0 && this.#closing === undefined && !this.#options.keepAlive)
      this.#worker.unref();
    return pending;
  }

  #die(code: number, cause: unknown): SnapshelfError {
    releaseExit(this.#busy);
    // A thread that ends before it has said that it closed has died, whatever was asked of it.
    if (this.#end === undefined || this.#pending.has(startId)) this.#end = this.#death(code, cause);
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#pending.clear();
    return this.#end;
  }

  #death(code: number, cause: unknown): SnapshelfError {
    const { ended, advice } = this.#options;
    const why = cause instanceof Error ? cause.message : `exit code ${code}`;
    const message = [`${ended} (${why}).`, advice].filter((part) => part !== undefined).join(' ');
    return new SnapshelfError('worker-died', message, { cause });
  }
}
