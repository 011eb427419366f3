import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { serializeError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Closing, FromWorker, Operation, Request, ToWorker, WorkerSettings } from '../api/operations.ts';
import { Store } from './data-folder.ts';
import { type Handlers, handlersFor } from './handlers.ts';
import { type Outcome, Scheduler, type Sliced } from './scheduler.ts';

/** How long nobody must have searched or written before a large index is saved, which blocks for seconds. */
const idleMs = 5000;
const heavy: ReadonlySet<Operation> = new Set(['search', 'upsert', 'delete', 'upsertReplacement']);

/** Answers messages until the gallery is closed. */
class Service {
  readonly #port: MessagePort;
  readonly #store: Store;
  readonly #handlers: Handlers;
  readonly #scheduler: Scheduler;
  readonly #timer: NodeJS.Timeout;
  #lastUsed: number = performance.now();

  constructor(port: MessagePort, store: Store, log: Logger) {
    this.#port = port;
    this.#store = store;
    this.#handlers = handlersFor(store);
    this.#scheduler = new Scheduler({ isBehind: () => store.isBehind, work: () => store.work() }, (error) =>
      log.error('background work of the gallery failed', { error: serializeError(error) }),
    );
    this.#timer = setInterval(() => this.#saveInIdleTime(), 1000);
    this.#scheduler.wake();
  }

  receive(message: ToWorker): void {
    if ('cancel' in message) this.#scheduler.cancel(message.cancel);
    else this.#answer(message);
  }

  #answer(message: Request | Closing): void {
    if ('operation' in message && heavy.has(message.operation)) this.#lastUsed = performance.now();
    const settle = (outcome: Outcome): void => reply(this.#port, message.id, outcome);
    if ('close' in message) this.#close(settle);
    else this.#scheduler.start(message.id, this.#perform(message), settle);
  }

  *#perform({ operation, parameters }: Request): Sliced<unknown> {
    const handler = this.#handlers[operation] as (...given: readonly unknown[]) => unknown;
    const answer = handler(...parameters);
    return isSliced(answer) ? yield* answer : answer;
  }

  /** Lets requests finish, then saves and releases the folder; the thread ends with its port. */
  #close(settle: (outcome: Outcome) => void): void {
    clearInterval(this.#timer);
    this.#scheduler.stop(() => {
      settle(outcomeOf(() => this.#store.close()));
      this.#port.close();
    });
  }

  #saveInIdleTime(): void {
    if (performance.now() - this.#lastUsed >= idleMs) this.#store.saveInIdleTime();
  }
}

const isSliced = (value: unknown): value is Sliced<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && 'next' in value;

function outcomeOf(work: () => unknown): Outcome {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function reply(port: MessagePort, id: number, outcome: Outcome): void {
  const message: FromWorker =
    'error' in outcome ? { id, error: serializeError(outcome.error) } : { id, value: outcome.value };
  port.postMessage(message, picturesOf(outcome));
}

/** A picture changes threads without being copied: SQLite made its bytes for this answer alone. */
function picturesOf(outcome: Outcome): ArrayBuffer[] {
  const value = 'value' in outcome ? outcome.value : undefined;
  const { bytes } = (value ?? {}) as { readonly bytes?: unknown };
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}

function logThrough(port: MessagePort): Logger {
  const at =
    (log: keyof Logger) =>
    (message: string, fields = {}): void =>
      port.postMessage({ log, message, fields } satisfies FromWorker);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function open(port: MessagePort): void {
  const log = logThrough(port);
  const outcome = outcomeOf(() => {
    const service = new Service(port, new Store({ ...(workerData as WorkerSettings), log }), log);
    port.on('message', (message: ToWorker) => service.receive(message));
  });
  reply(port, 0, 'error' in outcome ? outcome : { value: undefined });
}

if (parentPort === null) throw new Error('This file is the worker of a gallery.');
open(parentPort);
