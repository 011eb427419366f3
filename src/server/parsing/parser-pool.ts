import { availableParallelism } from 'node:os';
import { mainModule } from '../../main-module.ts';
import { Semaphore, WorkerThread } from '../../threads/index.ts';
import { queueFull } from '../http/queue-full.ts';
import { buffersOf, type ParserOperations } from './parser-operations.ts';

type Operation = keyof ParserOperations;
type Given<K extends Operation> = Parameters<ParserOperations[K]>;
type Answer<K extends Operation> = ReturnType<ParserOperations[K]>;

/** Options of a pool. */
export interface ParserPoolOptions {
  /** Most threads. Default 2, or 1 on a machine with one core. */
  readonly threads?: number | undefined;
  /** Most tasks that wait; further ones are refused. Default 64. */
  readonly maxQueue?: number | undefined;
  /** @internal For tests. */
  readonly script?: URL | undefined;
}

/**
 * Threads that parse requests that are too large for the main thread. They start if there is work, stay for the next, and
 * keep the process alive only while they work. A thread that dies fails its task, and another one takes its place.
 */
export class ParserPool {
  readonly #script: URL;
  readonly #turns: Semaphore;
  readonly #maxQueue: number;
  readonly #idle: WorkerThread<ParserOperations>[] = [];

  constructor(options: ParserPoolOptions = {}) {
    this.#script = options.script ?? mainModule(import.meta.url, './parser-thread');
    this.#turns = new Semaphore(options.threads ?? Math.min(2, availableParallelism()));
    this.#maxQueue = options.maxQueue ?? 64;
  }

  /**
   * Has a thread perform an operation. Byte arrays that own their memory are moved, not copied.
   * @throws SnapshelfError `queue-full`, `worker-died`, else as the operation.
   * @throws unknown the signal's reason if it aborts. A task that waits is then never begun; one that has begun goes on.
   */
  async run<K extends Operation>(operation: K, given: Given<K>, signal?: AbortSignal): Promise<Answer<K>> {
    signal?.throwIfAborted();
    if (this.#turns.waiting >= this.#maxQueue)
      throw queueFull('Too many large requests wait to be read. Try again.', 2);
    const result = this.#turns.run(1, () => this.#perform(operation, given), { signal });
    return signal === undefined ? result : untilAborted(result, signal);
  }

  async #perform<K extends Operation>(operation: K, given: Given<K>): Promise<Answer<K>> {
    const idle = this.#idle.pop();
    const thread = idle?.alive ? idle : await this.#start();
    try {
      const answer = await thread.call(operation, given as never, { transfer: buffersOf(given) });
      return answer as Answer<K>;
    } finally {
      this.#idle.push(thread);
    }
  }

  async #start(): Promise<WorkerThread<ParserOperations>> {
    const { thread } = await WorkerThread.start<ParserOperations>(this.#script, {
      name: 'parser',
      ended: 'The thread that read the request has ended',
      advice: 'Send a smaller one, or try again.',
      closed: 'The server is closing.',
    });
    return thread;
  }
}

/** Settles as `result`, or rejects with the signal's reason as soon as it aborts. */
function untilAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

let shared: ParserPool | undefined;

/** Returns the pool of this process, which all its servers share. Idle threads keep nothing alive, so nobody closes them. */
export function parsers(): ParserPool {
  shared ??= new ParserPool();
  return shared;
}
