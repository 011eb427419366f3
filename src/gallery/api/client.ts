import { Worker } from 'node:worker_threads';
import { deserializeError, SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { FromWorker, Operation, Operations, ToWorker, WorkerSettings } from './operations.ts';

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

type Answer<K extends Operation> = ReturnType<Operations[K]>;

/** The main thread's end of a gallery's worker: every request is answered, or rejected when the worker dies. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #log: Logger;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #lastId = 0;
  /** Why nothing can be asked any more. */
  #end: SnapshelfError | undefined;

  private constructor(script: URL, settings: WorkerSettings, log: Logger) {
    this.#log = log;
    // Flags of the main program, such as --input-type, are not for the worker.
    this.#worker = new Worker(script, {
      workerData: settings,
      execArgv: [],
    });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (cause) => this.#die(cause));
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#die();
        resolve();
      });
    });
  }

  /** Starts the worker and waits until the gallery is open. */
  static async start(
    settings: WorkerSettings,
    log: Logger,
    script: URL = new URL('../worker/worker.js', import.meta.url),
  ): Promise<WorkerClient> {
    const client = new WorkerClient(script, settings, log);
    const opened = new Promise<void>((resolve, reject) => client.#pending.set(0, { resolve, reject }));
    try {
      await opened;
    } catch (error) {
      await client.#exited;
      throw error;
    }
    return client;
  }

  /** Asks for an operation. An aborted signal rejects with its reason and stops the work. */
  ask<K extends Operation>(
    operation: K,
    parameters: Parameters<Operations[K]>,
    options: { readonly transfer?: readonly ArrayBuffer[]; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Answer<K>> {
    const { signal, transfer = [] } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++this.#lastId;
    const answer = this.#send<Answer<K>>(
      { id, operation, parameters } as ToWorker & { id: number },
      transfer,
    );
    return signal === undefined ? answer : this.#abortable(id, answer, signal);
  }

  /** Lets requests finish, then ends the worker. */
  async close(): Promise<void> {
    if (this.#end !== undefined) return this.#exited;
    const closed = this.#send<void>({ id: ++this.#lastId, close: true }, []);
    this.#end = new SnapshelfError('closed', 'The gallery was closed.');
    await closed;
    await this.#exited;
  }

  #send<T>(message: ToWorker & { readonly id: number }, transfer: readonly ArrayBuffer[]): Promise<T> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise<T>((resolve, reject) => {
      this.#worker.postMessage(message, transfer);
      this.#pending.set(message.id, { resolve, reject });
    });
  }

  async #abortable<T>(id: number, answer: Promise<T>, signal: AbortSignal): Promise<T> {
    const abort = (): void => {
      this.#worker.postMessage({ cancel: id } satisfies ToWorker);
      this.#settle(id)?.reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await answer;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #receive(message: FromWorker): void {
    if ('log' in message) {
      this.#log[message.log](message.message, message.fields);
      return;
    }
    const pending = this.#settle(message.id);
    if ('error' in message) pending?.reject(deserializeError(message.error));
    else pending?.resolve(message.value as never);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #die(cause?: unknown): void {
    this.#end ??= new SnapshelfError(
      'worker-died',
      'The thread of the gallery has ended unexpectedly; what it had acknowledged is safe. Open the gallery again.',
      { cause },
    );
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#pending.clear();
  }
}
