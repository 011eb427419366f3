import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { deserializeError, SnapshelfError } from '../../errors.ts';
import { type Answers, buffersOf, type Reply, type Task } from './parser-protocol.ts';

interface Waiting {
  readonly task: Task;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  /** What it works on; undefined when it is idle. */
  work: Waiting | undefined;
}

export interface ParserPoolOptions {
  /** Threads at most. Default 2, one on a machine of one core. */
  readonly threads?: number | undefined;
  /** Tasks that may wait; more are refused. Default 64. */
  readonly maxQueue?: number | undefined;
  /** @internal For tests. */
  readonly script?: URL | undefined;
}

/**
 * Threads that parse what is too large for the main thread. They start when there is work, stay for the next, and keep the
 * process alive only while they have some. One that dies fails the task it had, and another one takes its place.
 */
export class ParserPool {
  readonly #script: URL;
  readonly #most: number;
  readonly #maxQueue: number;
  readonly #threads = new Set<Thread>();
  #queue: Waiting[] = [];
  #closed = false;

  constructor(options: ParserPoolOptions = {}) {
    this.#script = options.script ?? new URL('./parser-thread.js', import.meta.url);
    this.#most = options.threads ?? Math.min(2, availableParallelism());
    this.#maxQueue = options.maxQueue ?? 64;
  }

  /**
   * Lets a thread do the task; byte arrays that have their memory for themselves are handed over, not copied.
   * @throws what the task throws; SnapshelfError `queue-full`, `worker-died`, `closed`; the signal's reason when it aborts:
   * a task that waits is then never begun.
   */
  run<T extends Task>(task: T, signal?: AbortSignal): Promise<Answers[T['task']]> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed) return Promise.reject(closed());
    if (this.#queue.length >= this.#maxQueue) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#queue = this.#queue.filter((one) => one !== waiting);
        reject(signal?.reason);
      };
      const settle =
        <V>(how: (value: V) => void) =>
        (value: V): void => {
          signal?.removeEventListener('abort', leave);
          how(value);
        };
      const waiting: Waiting = {
        task,
        resolve: settle(resolve as (value: unknown) => void),
        reject: settle(reject),
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#queue.push(waiting);
      this.#next();
    });
  }

  /** Ends the threads; what is under way or waits is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(closed());
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #next(): void {
    while (this.#queue.length > 0) {
      const idle = [...this.#threads].find(({ work }) => work === undefined);
      if (idle === undefined && this.#threads.size >= this.#most) return;
      const [first] = this.#queue.splice(0, 1);
      if (first !== undefined) this.#give(idle ?? this.#start(), first);
    }
  }

  #give(thread: Thread, work: Waiting): void {
    try {
      thread.worker.postMessage(work.task, buffersOf(work.task));
      thread.work = work;
      thread.worker.ref();
    } catch (error) {
      work.reject(error);
    }
  }

  #start(): Thread {
    // Flags of the main program, such as --input-type, are not for the thread.
    const worker = new Worker(this.#script, { name: 'snapshelf-parser', execArgv: [] });
    const thread: Thread = { worker, work: undefined };
    worker.unref();
    worker.on('message', (reply: Reply) => this.#answer(thread, reply));
    worker.on('error', (cause) => this.#fail(thread, died(cause)));
    worker.on('exit', () => this.#fail(thread, this.#closed ? closed() : died()));
    this.#threads.add(thread);
    return thread;
  }

  #answer(thread: Thread, reply: Reply): void {
    const { work } = thread;
    thread.work = undefined;
    thread.worker.unref();
    if ('error' in reply) work?.reject(deserializeError(reply.error));
    else work?.resolve(reply.value);
    this.#next();
  }

  #fail(thread: Thread, error: SnapshelfError): void {
    this.#threads.delete(thread);
    thread.work?.reject(error);
    thread.work = undefined;
    this.#next();
  }
}

const closed = (): SnapshelfError => new SnapshelfError('closed', 'The server is closing.');

const died = (cause?: unknown): SnapshelfError =>
  new SnapshelfError(
    'worker-died',
    'The thread that read the request has ended; send a smaller one, or try again.',
    {
      cause,
    },
  );

const busy = (): SnapshelfError =>
  new SnapshelfError('queue-full', 'too many large requests wait to be read; try again', {
    details: { retryAfterSeconds: 2 },
  });

let shared: ParserPool | undefined;

/** The threads of this process, which all its servers share: idle ones keep nothing alive, so nobody has to close them. */
export function parsers(): ParserPool {
  shared ??= new ParserPool();
  return shared;
}
