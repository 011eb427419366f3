import { type SerializedError, serializeError } from '../errors.ts';
import { watchOver } from './watchdog.ts';

/** From the owner to the process: its task, then answers to its questions. */
export type ToProcess =
  | { readonly task: unknown; readonly seconds?: number | undefined }
  | { readonly answer: unknown };

/** From the process to its owner: notices and questions, then the outcome. */
export type FromProcess =
  | { readonly notice: unknown }
  | { readonly question: unknown }
  | { readonly value: unknown }
  | { readonly error: SerializedError };

/** Argument of the work of a process, besides its task. */
export interface ProcessContext<N, Q, A> {
  /** Tells the owner something, such as how far the work is. */
  readonly notify: (notice: N) => void;
  /** Asks the owner something; one question at a time. */
  readonly ask: (question: Q) => Promise<A>;
}

const send = (message: FromProcess, then: () => void = () => {}): void => void process.send?.(message, then);

/**
 * Makes the main module of a process do the one task that `runProcess` gives it. The process ends when it has told the
 * outcome, when its owner is gone, and when the time is over that the owner allows.
 */
export function serveProcess<T, R, N = never, Q = never, A = never>(
  work: (task: T, context: ProcessContext<N, Q, A>) => R | Promise<R>,
): void {
  let answered: ((answer: A) => void) | undefined;
  const context: ProcessContext<N, Q, A> = {
    notify: (notice) => send({ notice }),
    ask: (question) =>
      new Promise((resolve) => {
        answered = resolve;
        send({ question });
      }),
  };
  const perform = async (task: T): Promise<void> => {
    try {
      const value = await work(task, context);
      send({ value }, () => process.exit(0));
    } catch (error) {
      send({ error: serializeError(error) }, () => process.exit(1));
    }
  };
  process.once('disconnect', () => process.exit(1));
  process.on('message', (message: ToProcess) => {
    if ('answer' in message) return answered?.(message.answer as A);
    if (message.seconds !== undefined) watchOver(message.seconds);
    return void perform(message.task as T);
  });
}
