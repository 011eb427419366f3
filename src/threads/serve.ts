import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { SnapshelfError, serializeError } from '../errors.ts';
import { type BusyCount, markDone, markEnded } from './exit-guard.ts';
import {
  type Answer,
  type Arguments,
  type FromThread,
  type StartData,
  startId,
  type ToThread,
} from './messages.ts';

/** Last argument of a handler, after those of its call. */
export interface CallContext {
  /** The id of the HTTP request that the call is for, if any. */
  readonly request?: string | undefined;
  /** Has a listener called once the caller no longer wants the answer; a later listener takes its place. */
  onCancel(listener: (reason: SnapshelfError) => void): void;
}

/** A call that runs. No AbortSignal: making and hearing one costs a twentieth of the time of a search. */
class RunningCall implements CallContext {
  readonly request: string | undefined;
  #listener: ((reason: SnapshelfError) => void) | undefined;
  #reason: SnapshelfError | undefined;

  constructor(request: string | undefined) {
    this.request = request;
  }

  onCancel(listener: (reason: SnapshelfError) => void): void {
    this.#listener = listener;
    if (this.#reason !== undefined) listener(this.#reason);
  }

  cancel(): void {
    this.#reason = new SnapshelfError('closed', 'The call was given up.');
    this.#listener?.(this.#reason);
  }
}

/** One handler per operation: the arguments of the call, then its context. */
export type Handlers<O> = {
  readonly [K in keyof O]: (
    ...given: [...Arguments<O[K]>, CallContext]
  ) => Answer<O[K]> | Promise<Answer<O[K]>>;
};

/** A thread that has started. */
export interface Served<O, R = undefined> {
  readonly handlers: Handlers<O>;
  /** Told to the owner as the answer to the start. */
  readonly ready: R;
  /** Called once, when the owner closes the thread and every call was answered. */
  readonly close?: (() => void | Promise<void>) | undefined;
}

const buffers = new WeakMap<object, readonly ArrayBuffer[]>();

/** Marks an answer whose memory is handed over instead of copied; the handler must not use it afterwards. */
export function transfer<T extends object>(answer: T, memory: readonly ArrayBuffer[]): T {
  buffers.set(answer, memory);
  return answer;
}

const memoryOf = (answer: unknown): readonly ArrayBuffer[] =>
  (typeof answer === 'object' && answer !== null ? buffers.get(answer) : undefined) ?? [];

type CallMessage = Extract<ToThread, { readonly operation: string }>;

/** Answers the calls of one owner. */
class Service<O, R> {
  readonly #port: MessagePort;
  readonly #busy: BusyCount;
  readonly #served: Served<O, R>;
  readonly #running = new Map<number, RunningCall>();
  #closing = false;

  constructor(port: MessagePort, busy: BusyCount, served: Served<O, R>) {
    this.#port = port;
    this.#busy = busy;
    this.#served = served;
  }

  receive(message: ToThread): void {
    if ('cancel' in message) this.#running.get(message.cancel)?.cancel();
    else if ('close' in message) {
      this.#closing = true;
      this.#closeIfIdle();
    } else void this.#perform(message);
  }

  async #perform({ id, operation, given, request }: CallMessage): Promise<void> {
    const call = new RunningCall(request);
    this.#running.set(id, call);
    const handler = this.#served.handlers[operation as keyof O] as (...given: readonly unknown[]) => unknown;
    let reply: FromThread;
    try {
      reply = { id, value: await handler(...given, call) };
    } catch (error) {
      reply = { id, error: serializeError(error) };
    }
    this.#running.delete(id);
    markDone(this.#busy);
    this.#post(id, reply);
    this.#closeIfIdle();
  }

  #post(id: number, reply: FromThread): void {
    try {
      this.#port.postMessage(reply, 'value' in reply ? [...memoryOf(reply.value)] : []);
    } catch (error) {
      this.#port.postMessage({ id, error: serializeError(error) } satisfies FromThread);
    }
  }

  #closeIfIdle(): void {
    if (!this.#closing || this.#running.size > 0) return;
    this.#closing = false;
    void this.#close();
  }

  async #close(): Promise<void> {
    try {
      await this.#served.close?.();
      this.#port.postMessage({ id: startId, value: undefined } satisfies FromThread);
    } catch (error) {
      this.#port.postMessage({ id: startId, error: serializeError(error) } satisfies FromThread);
    }
    markDone(this.#busy);
    this.#port.close(); // Nothing else keeps the thread.
  }
}

/**
 * Makes the main module of a thread answer the calls of `WorkerThread`: all at once as they come, so a handler that must
 * be alone waits by itself.
 * @param start is given what the owner passed as `data`, and a function that tells the owner something unasked; an error
 * that it throws is thrown by `WorkerThread.start`
 * @throws TypeError when the module is not the main module of a thread.
 */
export async function serve<O, R = undefined, N = never>(
  start: (setup: never, notify: (notice: N) => void) => Served<O, R> | Promise<Served<O, R>>,
): Promise<void> {
  if (parentPort === null) throw new TypeError('This file is the main module of a worker thread.');
  const port = parentPort;
  const { setup, busy } = workerData as StartData;
  process.once('exit', () => markEnded(busy));
  const notify = (notice: N): void => port.postMessage({ notice } satisfies FromThread);
  try {
    const served = await start(setup as never, notify);
    const service = new Service(port, busy, served);
    port.on('message', (message: ToThread) => service.receive(message));
    markDone(busy);
    port.postMessage({ id: startId, value: served.ready } satisfies FromThread);
  } catch (error) {
    markDone(busy);
    port.postMessage({ id: startId, error: serializeError(error) } satisfies FromThread);
    port.close();
  }
}
